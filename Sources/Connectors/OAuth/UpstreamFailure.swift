import Bytes
import JOSE
import OpenIDConnect
import Upstream

/// Why somebody else's server is asked.
enum Purpose: Sendable, Hashable {
    case signIn, refresh
    /// In our own name: a no is not about the person.
    case service
}

/// Makes what went wrong at a provider into what a connector says of it.
///
/// Only a clear no (`401`, `403`) is held against the person. Whatever is not understood is called unavailable, so that nobody
/// is logged out because a provider has a bad day.
struct UpstreamFailure: Sendable {
    /// The provider's name, for operators: `GitHub`.
    let service: String
    let purpose: Purpose
    /// What must not stand in a log though a server may repeat it.
    let secrets: [String]

    init(service: String, purpose: Purpose, secrets: [String] = []) {
        self.service = service
        self.purpose = purpose
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    func error(_ error: UpstreamError, at url: String) -> ConnectorError {
        switch error {
        case .unreachable(let text): .unavailable("\(service) cannot be reached at \(place(url)): \(text)")
        case .untrusted(let text): .unavailable("the certificate of \(service) at \(place(url)) is not trusted: \(text)")
        case .tooLarge(let text): .unavailable("the answer of \(service) at \(place(url)) is too large: \(text)")
        case .forbidden(let text): .unavailable("\(place(url)) of \(service) may not be asked: \(text)")
        case .overloaded: .overloaded
        }
    }

    /// For an answer whose status is not the one that was wanted.
    func error(_ response: UpstreamResponse, at url: String) -> ConnectorError {
        let said = "\(service) answered \(response.status) at \(place(url))" + reason(response)
        switch response.status {
        case 401: return refusal(said)
        case 403 where !isLimited(response): return refusal(said)
        case 403, 408, 429, 500...: return .unavailable(said + patience(response))
        case 300..<400: return .unavailable(said + "; redirects are not followed")
        default: return .unavailable(said)
        }
    }

    /// The answer has the right status and is not what the provider's documentation promises.
    func malformed(_ what: String, at url: String) -> ConnectorError {
        .unavailable("the answer of \(service) at \(place(url)) \(what)")
    }

    func refusal(_ text: String) -> ConnectorError {
        switch purpose {
        case .signIn: .refused(text)
        case .refresh: .gone(text)
        case .service: .unavailable(text)
        }
    }

    /// GitHub says with `403` that too much was asked, too.
    private func isLimited(_ response: UpstreamResponse) -> Bool {
        response[header: "Retry-After"] != nil || response[header: "X-RateLimit-Remaining"] == "0"
    }

    private func patience(_ response: UpstreamResponse) -> String {
        guard let value = response[header: "Retry-After"] else { return "" }
        return "; it asks to try again after \(clean(value))" + (Int(value) == nil ? "" : " seconds")
    }

    /// What the server says about it, in one of the usual members.
    private func reason(_ response: UpstreamResponse) -> String {
        guard let body = try? JSON(parsing: response.body) else { return "" }
        let nested = body["error"].flatMap { $0.object.map(JSON.object) } ?? body
        let words = ["error", "code", "reason", "error_description", "message"].compactMap { nested[$0]?.string }
        return words.isEmpty ? "" : ": " + clean(words.joined(separator: ": "))
    }

    /// Short, on one line and without secrets.
    func clean(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.replacing(bytesOf: secret, with: "***") }
        return ForeignText.clean(text, nil, most: 200)
    }

    /// An address without its query, in which names of people and codes stand.
    func place(_ url: String) -> String {
        clean(String(url[..<(url.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? url.endIndex)]))
    }
}
