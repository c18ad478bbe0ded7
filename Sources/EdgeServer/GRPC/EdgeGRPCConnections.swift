public import GRPC
public import NIOCore
import NIOSSL
import NIOTLS
public import Web

/// Answers Envoy's questions by gRPC: HTTP/2 agreed on by TLS, or in clear by prior knowledge.
public struct EdgeGRPCConnections: ConnectionHandling {
    /// Seconds until HTTP/2 has begun.
    private static let startSeconds = 10

    private let server: GRPCServer

    /// - Parameters:
    ///   - trusted: who is believed when it says who its client is.
    ///   - webSockets: whose WebSockets the proxy may be told yes about.
    public init(
        answers: any EdgeAnswering, trusted: ClientAddressRule, webSockets: WebSocketOrigins, limits: GRPCLimits = GRPCLimits()
    ) {
        let authorization = AuthorizationService(answers: answers, trusted: trusted, webSockets: webSockets)
        server = GRPCServer(authorization.methods + HealthService().methods, limits: limits)
    }

    public func configure(_ channel: any Channel, certificates: ServerCertificates?) throws {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        let pipeline = channel.pipeline.syncOperations
        guard let certificates else {
            try pipeline.addHandler(
                ProtocolSniffer(deadline: .seconds(Int64(Self.startSeconds))) { isHTTP2 in
                    guard isHTTP2 else { throw ChannelError.operationUnsupported }
                    try server.configure(channel)
                })
            return
        }
        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
        try pipeline.addHandler(HandshakeDeadline(seconds: Self.startSeconds))
        try pipeline.addHandler(
            ApplicationProtocolNegotiationHandler { result in
                channel.eventLoop.makeCompletedFuture {
                    guard case .negotiated("h2") = result else {
                        channel.close(promise: nil)
                        return
                    }
                    try server.configure(channel)
                }
            })
    }
}
