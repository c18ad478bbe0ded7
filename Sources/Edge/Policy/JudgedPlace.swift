import Bytes

/// Where a request wants to go, in the form that patterns are compared with.
struct JudgedPlace: Sendable {
    /// In lower case, with the port where one is written.
    let hostText: String
    /// As ``hostText``.
    let host: [UInt8]
    /// As ``host``, without the port.
    let hostName: [UInt8]
    /// Normalized.
    let pathText: String
    /// As ``pathText``.
    let path: [UInt8]

    /// Why a request is refused, whatever the policies say.
    enum Refusal: Error, Sendable, Hashable {
        /// What is no host would be "some other host" to every policy that names one.
        case host
        case path(EdgePath.Refusal)
    }

    init(_ request: EdgeRequest, _ normalization: EdgePath.Normalization) throws(Refusal) {
        guard let authority = Authority(request.host) else { throw .host }
        do throws(EdgePath.Refusal) {
            pathText = try EdgePath(request.path, normalization).text
        } catch {
            throw .path(error)
        }
        hostText = authority.text
        hostName = Array(authority.host.utf8)
        host = authority.port == nil ? hostName : Array(hostText.utf8)
        path = Array(pathText.utf8)
    }
}

extension JudgedPlace.Refusal {
    var decision: PolicyDecision { PolicyDecision(.deny, rule: "the \(subject) is refused: \(reason)") }

    var step: PolicyExplanation.Step { PolicyExplanation.Step(subject, .refused, reason) }

    private var subject: String {
        switch self {
        case .host: "host"
        case .path: "path"
        }
    }

    private var reason: String {
        switch self {
        case .host: "it is no host name and no address, with a port or without"
        case .path(let refusal): "\(refusal)"
        }
    }
}
