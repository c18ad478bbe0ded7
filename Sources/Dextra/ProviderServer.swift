import Bytes
import DexConfiguration
import EdgeServer
import FoundationEssentials
import JOSE
import Logging
import OpenIDConnect
import Pages
import Web

/// The listeners of a configuration with everything they serve.
struct ProviderServer: Sendable {
    let web: WebServer
    /// Nil: there is no edge.
    let edge: EdgeGraph?
    let application: WebApplication
    /// UserInfo answers of tokens seen before; cleared when something is revoked.
    let answers: BearerAnswers
    private let publicAnswers: @Sendable () -> [ReadyAnswer]

    /// - Parameter listening: called once when every listener answers.
    init(
        _ configuration: Configuration, graph: ProviderGraph, options: ProviderOptions, logger: Logger,
        checks: [HealthCheck], listening: @escaping @Sendable ([WebServer.Bound]) async -> Void
    ) throws {
        let theme = try Theme(configuration)
        let issuer = configuration.issuer
        let context = RouteContext(
            pages: theme.pages, path: issuer.path, isSecure: issuer.isSecure, logoURL: theme.logoURL,
            staticFiles: Set(theme.files.keys.compactMap { $0.text.afterBytes(of: "/static/")?.exact }))
        let clock = options.clock
        let answers = BearerAnswers(clock: Web.WallClock { Int64(clock.now.timeIntervalSince1970 * 1000) })
        self.answers = answers

        let tokenRoutes = TokenRoutes(graph.parts, path: issuer.path, answers: answers)
        let publicRoutes = PublicRoutes(
            settings: graph.settings, documents: graph.documents, context: context, files: theme.files, version: options.version)
        let logout = LogoutFlow(graph.parts)
        var routes =
            AuthorizationRoutes(
                flow: SignInFlow(graph.parts), logout: logout, context: context, random: options.random
            ).routes
        routes += LogoutRoutes(flow: logout, context: context, random: options.random).routes
        routes += tokenRoutes.routes + publicRoutes.routes
        routes += ConnectorRoutes(connectors: graph.parts.connectors, context: context).routes
        if let id = options.exampleClientID, let client = configuration.staticClients.first(where: { $0.id.hasSameBytes(as: id) })
        {
            routes +=
                ExampleApp(
                    clientID: client.id, clientSecret: client.secret?.text ?? "", issuer: issuer.text, origin: issuer.origin,
                    endpoint: TokenEndpoint(graph.parts), context: context, random: options.random
                ).routes
        }
        let edge = try configuration.edge.map { written in
            try EdgeGraph(configuration, written, provider: graph, options: options, logger: logger)
        }
        self.edge = edge
        // An edge with a listener of its own is there and nowhere else.
        let guest = configuration.edge?.http == nil ? edge : nil
        routes += guest?.routes ?? []
        publicAnswers = { publicRoutes.readyAnswers }
        let security = try SecurityHeaders(
            https: issuer.isSecure,
            overrides: Dictionary(configuration.web.headers.map { ($0.name.exact, $0.value) }) { _, last in last })
        application = WebApplication(
            routes: routes.map(RequestScope.wrapping), fallback: guest.map { RequestScope.wrapping($0.fallback) },
            ready: publicRoutes.readyAnswers,
            bearer: Ready.Bearer(path: issuer.path + "/userinfo", answers: answers),
            remembered: guest?.rememberedReplies,
            crossOrigin: CrossOriginRule(
                allowedOrigins: configuration.web.allowedOrigins, allowedHeaders: configuration.web.allowedHeaders),
            security: security, clientAddress: try Self.clientAddress(configuration.web.clientRemoteIP), metrics: graph.metrics,
            logger: logger,
            errorPage: { request, status, message in context.error(status, message, for: request) })

        var listeners: [Listener] = []
        if let http = configuration.web.http {
            listeners.append(Listener(name: "http", address: Web.ListenAddress(http), application: application))
        }
        if let https = configuration.web.https, let tls = configuration.web.tls {
            listeners.append(
                Listener(
                    name: "https", address: Web.ListenAddress(https), certificates: try ServerCertificates(tls),
                    application: application))
        }
        if let edge, let http = configuration.edge?.http {
            listeners.append(
                Listener(
                    name: "edge", address: Web.ListenAddress(http),
                    application: edge.application(security, provider: graph, checks: checks)))
        }
        if let edge, let grpc = configuration.edge?.grpc {
            listeners.append(
                Listener(
                    name: "edge-grpc", address: Web.ListenAddress(grpc.address),
                    certificates: try grpc.tls.map { try ServerCertificates($0, clientAuthority: grpc.clientAuthority) },
                    connections: EdgeGRPCConnections(
                        answers: edge.parts.answers, trusted: edge.parts.trustedProxies, webSockets: edge.parts.webSockets)))
        }
        if let edge, let written = configuration.edge {
            listeners += try EdgeProxy.listeners(
                written, parts: edge.parts, own: edge.ownApplication(security, provider: graph), cookies: edge.cookies,
                cookiePrefixes: edge.cookiePrefixes,
                metrics: graph.metrics)
        }
        if let telemetry = configuration.telemetry.http {
            listeners.append(
                Listener(
                    name: "telemetry", address: Web.ListenAddress(telemetry),
                    application: WebApplication(
                        routes: TelemetryRoutes.routes(metrics: graph.metrics, checks: checks),
                        security: try SecurityHeaders(https: false),
                        metrics: graph.metrics, logger: logger)))
        }
        web = WebServer(
            listeners: listeners, limits: ServerLimits(configuration.web.limits),
            logger: logger, onListening: listening)
    }

    /// Key rotation: the prepared documents are made again.
    func refreshPublicAnswers() {
        application.ready.replace(publicAnswers())
    }

    private static func clientAddress(_ rule: Configuration.Web.ClientRemoteIP) throws -> ClientAddressRule {
        guard let header = rule.header else { return .peer }
        return try ClientAddressRule(header: header, trustedProxies: rule.trustedProxies.map(\.text))
    }
}

extension Web.ListenAddress {
    init(_ address: DexConfiguration.ListenAddress) {
        self.init(host: address.host, port: Int(address.port))
    }
}

extension ServerLimits {
    init(_ limits: Configuration.Web.Limits) {
        self.init()
        headerBytes = limits.maxHeaderBytes
        bodyBytes = limits.maxBodyBytes
        connections = limits.maxConnections
        bodySeconds = max(1, Int(limits.requestTimeout.timeInterval.rounded(.up)))
        headSeconds = min(headSeconds, bodySeconds)
        idleSeconds = max(1, Int(limits.idleTimeout.timeInterval.rounded(.up)))
    }
}

extension ServerCertificates {
    /// - Parameter clientAuthority: a file with the authorities of which every client needs a certificate.
    convenience init(_ tls: Configuration.TLSFiles, clientAuthority: String? = nil) throws(ServerCertificatesError) {
        try self.init(
            certificateFile: tls.certificate, keyFile: tls.key, clientAuthorityFile: clientAuthority,
            minimum: TLSProtocolVersion(tls.minVersion), maximum: tls.maxVersion.map(TLSProtocolVersion.init))
    }
}
