public import JOSE
public import OpenIDConnect
public import Upstream

/// An OpenID provider found by its discovery document.
public struct OpenIDIssuer: TokenIssuing {
    private let provider: RemoteProvider
    private let clientID: String
    /// Another name by which it may call itself in tokens.
    private let otherName: String?

    public init(_ provider: RemoteProvider, clientID: String, otherName: String? = nil) {
        self.provider = provider
        self.clientID = clientID
        self.otherName = otherName
    }

    public var concern: String? { provider.concern?.description }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        let metadata: ProviderMetadata
        do { metadata = try await provider.metadata() } catch { throw Self.unavailable(error) }
        return OAuthEndpoints(
            authorization: metadata.authorizationEndpoint, token: metadata.tokenEndpoint, placement: .form, challenge: .sha256,
            issuer: metadata.issuer)
    }

    public func claims(of idToken: String, nonce: String?) async throws(ConnectorError) -> JSONObject {
        let issuer: String
        do { issuer = try await provider.metadata().issuer } catch { throw Self.unavailable(error) }
        do throws(IDTokenError) {
            return try await verify(idToken, issuer: issuer, nonce: nonce)
        } catch {
            throw Self.error(error)
        }
    }

    private func verify(_ idToken: String, issuer: String, nonce: String?) async throws(IDTokenError) -> JSONObject {
        let rules = IDTokenRules(issuer: issuer, clientID: clientID, nonce: nonce)
        do throws(IDTokenError) { return try await provider.verify(idToken, rules) } catch {
            guard let otherName, error == .wrongIssuer else { throw error }
            return try await provider.verify(idToken, IDTokenRules(issuer: otherName, clientID: clientID, nonce: nonce))
        }
    }

    private static func error(_ error: IDTokenError) -> ConnectorError {
        if case .unavailable(let cause) = error { unavailable(cause) } else { .refused("the ID token: \(error)") }
    }

    private static func unavailable(_ error: RelyingPartyError) -> ConnectorError {
        if case .exchange(.overloaded) = error { .overloaded } else { .unavailable(error.description) }
    }
}
