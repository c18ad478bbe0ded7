/// How much of the server one client may take. Defaults suit a provider behind a proxy or on its own.
public struct ServerLimits: Sendable, Hashable {
    /// Bytes of one field, and of all fields of a request together: past that 431. Default 32 KiB; a request line counts apart.
    public var headerBytes: Int = 32 << 10
    /// Fields of a request: past that 431. Default 100.
    public var headerFields: Int = 100
    /// Bytes of a body: past that 413. Default 1 MiB.
    public var bodyBytes: Int = 1 << 20
    /// Bytes of bodies that are not answered yet on one connection, of which HTTP/2 may bring many: past that 503. Default 4 MiB.
    public var connectionBodyBytes: Int = 4 << 20
    /// The same on all connections of a server together. Default 128 MiB.
    public var heldBodyBytes: Int = 128 << 20
    /// Seconds from the connection to the last byte of the first request's head; also for the TLS handshake. Default 10.
    public var headSeconds: Int = 10
    /// Seconds from the head to the last byte of the body: past that 408. Default 30.
    public var bodySeconds: Int = 30
    /// Seconds between an answer and the next complete head on the same connection. Default 60.
    public var idleSeconds: Int = 60
    /// Open connections of one listener; more wait in the kernel's backlog. Default 8192, or what the file limit allows.
    public var connections: Int = 8192
    /// Seconds that requests in flight have to finish once the server is told to stop. Default 20.
    public var drainSeconds: Int = 20

    public init() {}
}
