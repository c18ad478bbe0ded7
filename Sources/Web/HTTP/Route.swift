public import HTTPTypes

/// One endpoint: which requests it takes, and what it does with them.
public struct Route: Sendable {
    /// Who reads this route's errors.
    public enum Audience: Sendable, Hashable {
        /// A person in a browser: errors are pages.
        case people
        /// A program: errors are JSON.
        case programs
    }

    /// The methods that it takes; `nil` is all of them. GET brings HEAD with it.
    public let methods: [HTTPRequest.Method]?
    /// The exact path; a segment `{name}` matches one segment that is not empty: `/dex/auth/{connector}/login`.
    public let pattern: String
    /// What metrics and logs call it: `/auth/{connector}/login`.
    public let name: String
    public let audience: Audience
    /// Whether scripts of other origins may read the answer, where ``CrossOriginRule`` allows their origin.
    public let cors: Bool
    /// Whether answers go to a program that reads only what it knows, such as a proxy: no fields for browsers are added.
    public let isBare: Bool
    /// Asked on the event loop before ``handle``: the answer, if it takes no waiting and little time; nil: ``handle`` gives it.
    public let now: (@Sendable (WebRequest) -> WebResponse?)?
    public let handle: @Sendable (WebRequest) async throws -> WebResponse

    public init(
        _ methods: [HTTPRequest.Method]?,
        _ pattern: String,
        name: String? = nil,
        audience: Audience,
        cors: Bool = false,
        isBare: Bool = false,
        now: (@Sendable (WebRequest) -> WebResponse?)? = nil,
        handle: @escaping @Sendable (WebRequest) async throws -> WebResponse
    ) {
        self.methods = methods
        self.pattern = pattern
        self.name = name ?? pattern
        self.audience = audience
        self.cors = cors
        self.isBare = isBare
        self.now = now
        self.handle = handle
    }

    func takes(_ method: HTTPRequest.Method) -> Bool {
        guard let methods else { return true }
        return methods.contains(method) || (method == .head && methods.contains(.get))
    }
}
