import GRPCCore
import GRPCNIOTransportHTTP2Posix
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
public import Web

/// Listens for Envoy's questions by gRPC, without TLS: it stands beside the proxy, or behind the mesh's mutual TLS.
///
/// A graceful shutdown tells the proxies to go elsewhere, lets questions in flight finish, then closes.
public struct EdgeGRPCServer: Service {
    private let address: ListenAddress
    private let services: [any RegistrableRPCService]
    private let limits: EdgeGRPCLimits
    private let logger: Logger
    private let onListening: @Sendable (ListenAddress) async -> Void

    /// - Parameters:
    ///   - trusted: who is believed when it says who its client is.
    ///   - onListening: called once, with the real port where port 0 was asked for.
    public init(
        address: ListenAddress, answers: any EdgeAnswering, trusted: ClientAddressRule,
        limits: EdgeGRPCLimits = EdgeGRPCLimits(), logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) {
        self.address = address
        services = [AuthorizationService(answers: answers, trusted: trusted), HealthService()]
        self.limits = limits
        self.logger = logger
        self.onListening = onListening
    }

    /// Returns when the server has stopped.
    /// - Throws: ``EdgeGRPCListenError`` when it cannot listen.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let result: Result<Void, any Error>
        do {
            try await serve(on: group)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        // Dual-stack where the machine has IPv6.
        let hosts = address.host.isEmpty ? ["::", "0.0.0.0"] : [address.host]
        for (attempt, host) in hosts.enumerated() {
            do {
                return try await serve(at: try await Self.resolve(host, port: address.port), on: group)
            } catch let error as EdgeGRPCListenError {
                if attempt == hosts.count - 1 { throw error }
            }
        }
    }

    private func serve(at address: GRPCNIOTransportHTTP2Posix.SocketAddress, on group: MultiThreadedEventLoopGroup) async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: address, transportSecurity: .plaintext, config: limits.transport, eventLoopGroup: group)
        let server = GRPCServer(transport: transport, services: services)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    do { try await server.serve() } catch is CancellationError {} catch {
                        throw EdgeGRPCListenError(address: self.address, reason: "\(error)")
                    }
                }
                tasks.addTask {
                    // When it cannot listen, serving has thrown, and says it better.
                    guard let bound = try? await transport.listeningAddress else { return }
                    let port = bound.ipv4?.port ?? bound.ipv6?.port ?? self.address.port
                    await self.onListening(ListenAddress(host: self.address.host, port: port))
                }
                try await tasks.waitForAll()
            }
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }

    private static func resolve(_ host: String, port: Int) async throws -> GRPCNIOTransportHTTP2Posix.SocketAddress {
        let found: NIOCore.SocketAddress
        do {
            found = try await NIOThreadPool.singleton.runIfActive { try .makeAddressResolvingHost(host, port: port) }
        } catch {
            throw EdgeGRPCListenError(address: ListenAddress(host: host, port: port), reason: "\(error)")
        }
        let text = found.ipAddress ?? host
        if case .v6 = found { return .ipv6(host: text, port: port) }
        return .ipv4(host: text, port: port)
    }
}

/// Why questions by gRPC cannot be listened for.
public struct EdgeGRPCListenError: Error, Sendable, CustomStringConvertible {
    public let address: ListenAddress
    public let reason: String

    public var description: String { "cannot listen on \(address) for gRPC: \(reason)" }
}
