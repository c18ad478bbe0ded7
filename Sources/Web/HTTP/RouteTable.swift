public import Bytes
public import HTTPTypes
import OpenIDConnect

/// Finds the route of a request by its exact path.
///
/// There is no normalization: a trailing slash, a doubled slash or `..` makes another path, and most likely a 404.
/// A path without parameters is preferred to a pattern, and among patterns the one given first.
public struct RouteTable: Sendable {
    /// What the table says to a method and a path.
    public enum Match: Sendable {
        case route(Route, parameters: [ExactText: String])
        /// The path exists, but not for this method. `allowed` is for the `Allow` field; `cors` as the routes there say.
        case methodNotAllowed(allowed: [HTTPRequest.Method], name: String, cors: Bool, audience: Route.Audience)
        case notFound
    }

    private enum Segment: Sendable, Hashable {
        case literal(ExactText)
        case parameter(ExactText)
    }

    private struct Pattern: Sendable {
        let segments: [Segment]
        var routes: [Route]
    }

    private var exact: [ExactText: [Route]] = [:]
    private var patterns: [Pattern] = []

    public init(_ routes: [Route] = []) {
        for route in routes { add(route) }
    }

    public mutating func add(_ route: Route) {
        guard route.pattern.utf8.contains(UInt8(ascii: "{")) else {
            exact[route.pattern.exact, default: []].append(route)
            return
        }
        let segments = Self.segments(of: route.pattern)
        if let index = patterns.firstIndex(where: { $0.segments == segments }) {
            patterns[index].routes.append(route)
        } else {
            patterns.append(Pattern(segments: segments, routes: [route]))
        }
    }

    public func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        if let routes = exact[path.exact] {
            return Self.choose(method, from: routes, parameters: [:])
        }
        guard !patterns.isEmpty else { return .notFound }
        let parts = path.cut(at: "/")
        for pattern in patterns where pattern.segments.count == parts.count {
            if let parameters = Self.parameters(of: parts, by: pattern.segments) {
                return Self.choose(method, from: pattern.routes, parameters: parameters)
            }
        }
        return .notFound
    }

    private static func choose(_ method: HTTPRequest.Method, from routes: [Route], parameters: [ExactText: String]) -> Match {
        if let route = routes.first(where: { $0.takes(method) }) {
            return .route(route, parameters: parameters)
        }
        var allowed: [HTTPRequest.Method] = []
        for method in routes.flatMap({ $0.methods ?? [] }) {
            for brought in method == .get ? [.get, .head] : [method] where !allowed.contains(brought) {
                allowed.append(brought)
            }
        }
        return .methodNotAllowed(
            allowed: allowed, name: routes.first?.name ?? "", cors: routes.contains(where: \.cors),
            audience: routes.first?.audience ?? .people)
    }

    private static func parameters(of parts: [Substring], by segments: [Segment]) -> [ExactText: String]? {
        var found: [ExactText: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch segment {
            case .literal(let literal):
                guard part.hasSameBytes(as: literal.text) else { return nil }
            case .parameter(let name):
                guard !part.isEmpty, let value = try? PercentEncoding.decode(part) else { return nil }
                found[name] = value
            }
        }
        return found
    }

    private static func segments(of pattern: String) -> [Segment] {
        pattern.cut(at: "/").map { part in
            part.afterBytes(of: "{")?.beforeBytes(of: "}").map { .parameter($0.exact) } ?? .literal(part.exact)
        }
    }
}
