/// Which request the current task works for, so that what rules report far below can be logged with where it came from.
public struct RequestScope: Sendable {
    @TaskLocal public static var current: RequestScope?

    /// ``WebRequest/id``.
    public let id: String
    /// ``WebRequest/clientAddress``.
    public let clientAddress: String

    /// Runs a route's handler within the scope of its request.
    public static func wrapping(_ route: Route) -> Route {
        Route(
            route.methods, route.pattern, name: route.name, audience: route.audience, cors: route.cors, isBare: route.isBare
        ) { request in
            let scope = RequestScope(id: request.id, clientAddress: request.clientAddress)
            return try await $current.withValue(scope) { try await route.handle(request) }
        }
    }
}
