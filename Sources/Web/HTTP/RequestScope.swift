/// Which request the current task works for, so that what rules report far below can be logged with where it came from.
public struct RequestScope: Sendable {
    @TaskLocal public static var current: RequestScope?

    /// ``WebRequest/id``.
    public let id: String
    /// The name of its route, as in metrics: `/auth/{connector}`.
    public let route: String
    /// ``WebRequest/clientAddress``.
    public let clientAddress: String

    /// Runs a route's handler within the scope of its request.
    public static func wrapping(_ route: Route) -> Route {
        let now = route.now.map { now in
            { @Sendable (request: WebRequest) in $current.withValue(Self(request, route.name)) { now(request) } }
        }
        return Route(
            route.methods, route.pattern, name: route.name, audience: route.audience, cors: route.cors, isBare: route.isBare,
            now: now
        ) { request in
            try await $current.withValue(Self(request, route.name)) { try await route.handle(request) }
        }
    }

    private init(_ request: WebRequest, _ route: String) {
        self.route = route
        id = request.id
        clientAddress = request.clientAddress
    }
}
