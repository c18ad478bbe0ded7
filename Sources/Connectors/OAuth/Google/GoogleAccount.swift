public import JOSE
public import OpenIDConnect

/// A service account of Google: signs statements that Google turns into tokens (RFC 7523 §2.1).
public protocol GoogleAccount: Sendable {
    /// Its name, which looks like an e-mail address.
    var email: String { get }
    /// Where its statements become tokens.
    var tokenURI: String { get }

    /// - Returns: a JWT.
    func sign(_ claims: JSONObject) async throws(ConnectorError) -> String
}

extension ServiceAccount: GoogleAccount {
    public func sign(_ claims: JSONObject) async throws(ConnectorError) -> String {
        do throws(JWSError) { return try key.sign(claims: claims, type: "JWT") } catch {
            throw .unavailable("the key of the service account cannot sign")
        }
    }
}
