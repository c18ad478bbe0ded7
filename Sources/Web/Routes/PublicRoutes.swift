public import Bytes
import HTTPTypes
import JOSE
public import OpenIDConnect
public import Pages

/// What everybody may read: discovery, keys, the landing page, files. Most of it is answered before a route is asked, from the
/// same bytes (see ``PreparedDocuments``).
public struct PublicRoutes: Sendable {
    private let settings: ProviderSettings
    private let documents: PreparedDocuments
    private let context: RouteContext
    private let files: [ExactText: StaticFile]
    private let version: String

    /// - Parameter files: by path below the issuer's: `/static/main.css`, `/theme/logo.png`, `/robots.txt`.
    public init(
        settings: ProviderSettings, documents: PreparedDocuments, context: RouteContext, files: [ExactText: StaticFile],
        version: String
    ) {
        self.settings = settings
        self.documents = documents
        self.context = context
        self.files = files
        self.version = version
    }

    /// The same answers as bytes that need no waiting. The keys are among them as soon as there are any.
    public var readyAnswers: [ReadyAnswer] {
        var all = [
            ReadyAnswer(
                path: context.path + "/.well-known/openid-configuration", name: "/.well-known/openid-configuration", cors: true,
                response: documents.discovery()),
            ReadyAnswer(path: context.path + "/healthz", name: "/healthz", response: .text("Health check passed")),
        ]
        if let keys = documents.keysNow() {
            all.append(ReadyAnswer(path: context.path + "/keys", name: "/keys", cors: true, response: keys))
        }
        for (path, file) in files {
            all.append(
                ReadyAnswer(path: context.path + path.text, name: Self.name(ofFile: path.text), response: Self.response(file)))
        }
        return all
    }

    private static func name(ofFile path: String) -> String {
        path.startsWithBytes(of: "/static/") ? "/static/" : path.startsWithBytes(of: "/theme/") ? "/theme/" : path
    }

    private static func response(_ file: StaticFile) -> WebResponse {
        WebResponse(
            status: .ok, headers: [.contentType: file.contentType, .eTag: file.etag, .cacheControl: "public, max-age=3600"],
            body: file.bytes)
    }

    public var routes: [Route] {
        let documents = documents
        let discovery: @Sendable (WebRequest) async throws -> WebResponse = { _ in documents.discovery() }
        var all = [
            Route(
                [.get], context.path + "/.well-known/openid-configuration", name: "/.well-known/openid-configuration",
                audience: .programs, cors: true, handle: discovery),
            // RFC 8414 §3.1 puts the issuer's path behind the well-known part.
            Route(
                [.get], "/.well-known/oauth-authorization-server" + context.path, name: "/.well-known/oauth-authorization-server",
                audience: .programs, cors: true, handle: discovery),
            Route([.get], context.path + "/keys", name: "/keys", audience: .programs, cors: true) { _ in await documents.keys() },
            Route([.get], context.path.isEmpty ? "/" : context.path, name: "/", audience: .people, cors: true) { request in
                context.page(
                    context.pages.landing(
                        LandingPage(
                            issuer: settings.issuer, discoveryURL: context.path + "/.well-known/openid-configuration",
                            keysURL: context.path + "/keys", version: version), language: context.language(of: request)))
            },
            Route([.get], context.path + "/healthz", name: "/healthz", audience: .people) { _ in .text("Health check passed") },
        ]
        for (path, file) in files {
            all.append(
                Route([.get], context.path + path.text, name: Self.name(ofFile: path.text), audience: .people) { _ in
                    Self.response(file)
                })
        }
        return all
    }
}
