import Bytes
public import JOSE
public import OpenIDConnect
public import Upstream

/// The service account of one of Google's machines, as its metadata server tells. The key stays with Google: the machine's token
/// gives the right to have statements signed by it.
public struct MachineAccount: GoogleAccount {
    public let email: String
    public let tokenURI = "https://oauth2.googleapis.com/token"
    private let metadata: Metadata
    private let exchange: any HTTPExchange

    /// - Parameters:
    ///   - host: of the metadata server.
    ///   - metadata: reaches it, which has a link-local address.
    ///   - exchange: reaches Google's APIs.
    public init(host: String, metadata: any HTTPExchange, exchange: any HTTPExchange) async throws(ConnectorError) {
        self.metadata = Metadata(host: host, exchange: metadata)
        self.exchange = exchange
        let response = try await self.metadata.get("email")
        email = String(decoding: response.body, as: UTF8.self).withoutWhitespace
        guard email.containsByte("@") else { throw .unavailable("the metadata server of this machine names no service account") }
    }

    public func sign(_ claims: JSONObject) async throws(ConnectorError) -> String {
        let token = try await metadata.token()
        let failure = UpstreamFailure(
            service: "Google, which the account \(email) must let sign by the role Service Account Token Creator,",
            purpose: .service, secrets: [token])
        let api = UpstreamAPI(exchange: exchange, failure: failure, accessToken: token)
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\(PercentEncoding.encode(email)):signJwt"
        let payload = String(decoding: claims.serialized(), as: UTF8.self)
        let statement = try await api.json(.posting(["payload": .string(payload)], to: url)).text("signedJwt")
        guard !statement.isEmpty else { throw failure.malformed("has no signedJwt", at: url) }
        return statement
    }
}

/// The server that tells a machine of Google who it is.
private struct Metadata: Sendable {
    let host: String
    let exchange: any HTTPExchange

    func get(_ name: String) async throws(ConnectorError) -> UpstreamResponse {
        let url = "http://\(host)/computeMetadata/v1/instance/service-accounts/default/\(name)"
        let failure = UpstreamFailure(service: "the metadata server", purpose: .service)
        let header = UpstreamRequest.Header("Metadata-Flavor", "Google")
        let response: UpstreamResponse
        do { response = try await exchange.send(UpstreamRequest(.get, url, headers: [header])) } catch {
            throw failure.error(error, at: url)
        }
        guard response.isSuccess else { throw failure.error(response, at: url) }
        // Whatever else answers at that name is not it.
        guard response[header: "Metadata-Flavor"] == "Google" else { throw failure.malformed("is not Google's", at: url) }
        return response
    }

    func token() async throws(ConnectorError) -> String {
        let response = try await get("token")
        guard let token = (try? JSON(parsing: response.body))?["access_token"]?.string, !token.isEmpty else {
            throw .unavailable("the metadata server of this machine gives no access_token")
        }
        return token
    }
}
