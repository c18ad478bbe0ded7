import Bytes
import HTTPTypes

/// A cookie to set (RFC 6265bis §4.1). Made safe first: `HttpOnly`, `SameSite=Lax`, no `Domain`, so that it stays with this host.
public struct SetCookie: Sendable, Hashable {
    public enum SameSite: String, Sendable, Hashable {
        case strict = "Strict"
        case lax = "Lax"
        /// Browsers accept it on secure cookies only; a SAML response arrives as a cross-site POST and needs it.
        case none = "None"
    }

    public let name: String
    public let value: String
    public let path: String
    /// Seconds to live; `nil` until the browser closes; 0 deletes it.
    public let maxAge: Int?
    public let secure: Bool
    public let sameSite: SameSite

    /// - Throws: ``SetCookieError`` when a part could not be written as it is, or a prefix promises what the rest breaks.
    public init(
        name: String, value: String, path: String = "/", maxAge: Int? = nil, secure: Bool, sameSite: SameSite = .lax
    ) throws(SetCookieError) {
        guard HTTPField.Name(name) != nil else { throw .invalidName(name) }
        guard value.utf8.allSatisfy(Self.isCookieOctet) else { throw .invalidValue(name: name) }
        guard path.startsWithByte("/"), path.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F && $0 != UInt8(ascii: ";") }) else {
            throw .invalidPath(path)
        }
        let lowercased = name.asciiLowercased
        let isHost = lowercased.startsWithBytes(of: "__host-")
        guard secure || !(lowercased.startsWithBytes(of: "__secure-") || isHost || sameSite == .none) else {
            throw .needsSecure(name: name)
        }
        guard path == "/" || !isHost else { throw .needsRootPath(name: name) }
        self.name = name
        self.value = value
        self.path = path
        self.maxAge = maxAge
        self.secure = secure
        self.sameSite = sameSite
    }

    /// The value of the `Set-Cookie` field.
    public var fieldValue: String {
        var text = "\(name)=\(value); Path=\(path)"
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        text += "; HttpOnly"
        if secure { text += "; Secure" }
        return text + "; SameSite=\(sameSite.rawValue)"
    }

    /// RFC 6265bis §4.1.1 `cookie-octet`.
    private static func isCookieOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}

/// Why a cookie cannot be set. The value is never repeated: it may be a secret.
public enum SetCookieError: Error, Hashable, Sendable {
    case invalidName(String)
    case invalidValue(name: String)
    case invalidPath(String)
    /// `__Host-`, `__Secure-` and `SameSite=None` need a secure cookie.
    case needsSecure(name: String)
    /// `__Host-` needs the path `/`.
    case needsRootPath(name: String)
}

extension WebResponse {
    public mutating func set(_ cookie: SetCookie) {
        headers.append(HTTPField(name: .setCookie, value: cookie.fieldValue))
    }
}
