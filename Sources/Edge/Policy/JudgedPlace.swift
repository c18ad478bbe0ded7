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
        try self.init(host: request.host, path: request.path, normalization)
    }

    /// A place that has not been looked at: ``withoutParameters``.
    struct Raw {
        let host: String
        let path: String
    }

    init(_ raw: Raw, _ normalization: EdgePath.Normalization) throws(Refusal) {
        try self.init(host: raw.host, path: raw.path, normalization)
    }

    /// The same without what stands behind `;` in each segment (RFC 3986 §3.3), for backends that ignore it; nil if nothing does.
    var withoutParameters: Raw? {
        guard path.contains(UInt8(ascii: ";")) else { return nil }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { segment in
            segment.prefix { $0 != UInt8(ascii: ";") }
        }
        return Raw(host: hostText, path: String(decoding: Array(segments.joined(separator: "/".utf8)), as: UTF8.self))
    }

    private init(host text: String, path: String, _ normalization: EdgePath.Normalization) throws(Refusal) {
        guard let authority = Authority(text) else { throw .host }
        do throws(EdgePath.Refusal) {
            pathText = try EdgePath(path, normalization).text
        } catch {
            throw .path(error)
        }
        hostText = authority.text
        hostName = Array(authority.host.utf8)
        host = authority.port == nil ? hostName : Array(hostText.utf8)
        self.path = Array(pathText.utf8)
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
