import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import Upstream

/// What a token endpoint gives (RFC 6749 §5.1).
struct OAuthTokens: Sendable, Hashable {
    var accessToken: String
    var tokenType = ""
    /// Empty: none.
    var refreshToken = ""
    /// Nil: it does not expire, or nobody knows when.
    var expiry: Date?
    /// Of OpenID Connect.
    var idToken: String?

    /// Whether it can be used now. Ten seconds are left for the way.
    func isUsable(at now: Date) -> Bool {
        !accessToken.isEmpty && expiry.map { now < $0.addingTimeInterval(-10) } ?? true
    }
}

extension OAuthTokens {
    /// - Parameter answer: JSON, or a form as some old endpoints answer.
    /// - Returns: nil if there is no access token in it.
    init?(_ answer: TokenAnswer, now: Date) {
        guard let accessToken = answer["access_token"], !accessToken.isEmpty else { return nil }
        self.accessToken = accessToken
        tokenType = answer["token_type"] ?? ""
        refreshToken = answer["refresh_token"] ?? ""
        idToken = answer["id_token"]
        // RFC 6749 wants a number; some write it as text.
        if let seconds = answer["expires_in"].flatMap(Int64.init), seconds > 0 {
            expiry = now.addingTimeInterval(Double(min(seconds, 10 * 365 * 86_400)))
        }
    }
}

/// The body of a token endpoint's answer, whichever of the two forms it has.
struct TokenAnswer {
    private let fields: [ExactText: String]

    init?(_ response: UpstreamResponse) {
        if let object = (try? JSON(parsing: response.body))?.object {
            var fields: [ExactText: String] = [:]
            for (name, value) in object.members {
                fields[name.exact] = value.string ?? value.integer.map(String.init)
            }
            self.fields = fields
            return
        }
        guard response.isOf(type: "application/x-www-form-urlencoded") || response.isOf(type: "text/plain"),
            let text = String(validating: response.body, as: UTF8.self)
        else { return nil }
        var fields: [ExactText: String] = [:]
        for pair in text.fields(at: "&") {
            let halves = pair.cut(at: "=", most: 1)
            guard let name = try? PercentEncoding.decode(halves[0].utf8, plusIsSpace: true) else { return nil }
            fields[name.exact] = halves.count == 2 ? try? PercentEncoding.decode(halves[1].utf8, plusIsSpace: true) : ""
        }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields[name.exact] }
}
