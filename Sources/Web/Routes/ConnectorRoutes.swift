import Bytes
import HTTPTypes
public import OpenIDConnect

/// What other sites' software reads about our connectors.
public struct ConnectorRoutes: Sendable {
    private let connectors: ConnectorRegistry
    private let context: RouteContext

    public init(connectors: ConnectorRegistry, context: RouteContext) {
        self.connectors = connectors
        self.context = context
    }

    public var routes: [Route] {
        let path = context.path + "/saml/{connector}/metadata"
        return [Route([.get], path, name: "/saml/{connector}/metadata", audience: .people, handle: metadata)]
    }

    private func metadata(_ request: WebRequest) async throws -> WebResponse {
        let entry = connectors[request.parameters["connector"] ?? ""]
        guard let connector = entry?.connector as? any MetadataConnector else {
            return context.error(.notFound, "There is no connector of that name with metadata.", for: request)
        }
        do throws(ConnectorError) {
            let metadata = try await connector.metadata()
            return WebResponse(status: .ok, headers: [.contentType: metadata.contentType], body: metadata.bytes)
        } catch {
            return context.error(.serviceUnavailable, "The metadata cannot be given now. Try again in a moment.", for: request)
        }
    }
}
