import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect

/// What is kept of a provider's tokens until the next refresh, byte for byte as Dex keeps it, so that its database can be
/// taken over and given back.
public enum TokenMemory: Sendable, Hashable {
    /// `{"accessToken":…}`
    case accessToken
    /// `{"accessToken":…,"refreshToken":…}`
    case accessAndRefreshToken
    /// `{"accessToken":…,"refreshToken":…,"expiry":…}`; GitHub's has no empty `refreshToken`.
    case withExpiry(omitsEmpty: Bool)
    /// `{"access_token":…,"token_type":…,"refresh_token":…,"expiry":…}`, without what is empty.
    case tokenAnswer
    /// The refresh token and nothing else.
    case refreshToken

    func bytes(_ tokens: OAuthTokens) -> [UInt8] {
        var object = JSONObject()
        switch self {
        case .refreshToken:
            return Array(tokens.refreshToken.utf8)
        case .accessToken:
            object["accessToken"] = .string(tokens.accessToken)
        case .accessAndRefreshToken:
            object["accessToken"] = .string(tokens.accessToken)
            object["refreshToken"] = .string(tokens.refreshToken)
        case .withExpiry(let omitsEmpty):
            object["accessToken"] = .string(tokens.accessToken)
            if !omitsEmpty || !tokens.refreshToken.isEmpty { object["refreshToken"] = .string(tokens.refreshToken) }
            object["expiry"] = .string(tokens.expiry.map { Timestamp($0).text } ?? Self.never)
        case .tokenAnswer:
            object["access_token"] = .string(tokens.accessToken)
            if !tokens.tokenType.isEmpty { object["token_type"] = .string(tokens.tokenType) }
            if !tokens.refreshToken.isEmpty { object["refresh_token"] = .string(tokens.refreshToken) }
            if let expiry = tokens.expiry { object["expiry"] = .string(Timestamp(expiry).text) }
        }
        return object.serialized()
    }

    /// - Returns: nil if there is no token in it.
    func tokens(_ bytes: [UInt8]) -> OAuthTokens? {
        if self == .refreshToken {
            guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return nil }
            return OAuthTokens(accessToken: "", refreshToken: text)
        }
        guard let json = try? JSON(parsing: bytes) else { return nil }
        var tokens = OAuthTokens(accessToken: json["accessToken"]?.string ?? json["access_token"]?.string ?? "")
        tokens.refreshToken = json["refreshToken"]?.string ?? json["refresh_token"]?.string ?? ""
        tokens.tokenType = json["token_type"]?.string ?? ""
        tokens.expiry = json["expiry"]?.string.flatMap(Self.date)
        return tokens.accessToken.isEmpty && tokens.refreshToken.isEmpty ? nil : tokens
    }

    /// Go's time of year 1, which stands for none.
    private static let never = "0001-01-01T00:00:00Z"

    /// RFC 3339, with a fraction of any length, which Go writes; whole seconds are enough.
    private static func date(_ text: String) -> Date? {
        guard !text.hasSameBytes(as: never) else { return nil }
        guard let (seconds, rest) = text.cutOnce(at: ".") else { return try? Date(text, strategy: .iso8601) }
        return try? Date(seconds + String(rest.trimmedOfLeadingDigits), strategy: .iso8601)
    }
}

extension Substring {
    fileprivate var trimmedOfLeadingDigits: Substring {
        self[(utf8.firstIndex { !$0.isASCIIDigit } ?? endIndex)...]
    }
}
