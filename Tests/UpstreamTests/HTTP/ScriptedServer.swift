import NIOCore
import NIOPosix
import Synchronization

/// A server that answers each request as a test says, on 127.0.0.1.
final class ScriptedServer: Sendable {
    enum Answer: Sendable {
        case text(String)
        /// Ends the connection without a byte.
        case close
        /// Never answers.
        case stall
        /// The head of an answer, then one byte of its body at a time.
        case drip
    }

    private let requests = Requests()
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }
    var count: Int { requests.all.count }
    /// Heads and bodies as they came.
    var texts: [String] { requests.all }

    /// - Parameter script: the answer to a request, by its number over all connections.
    init(_ script: @escaping @Sendable (Int, String) -> Answer) async throws {
        let requests = requests
        let handle: @Sendable (String) -> Answer = { text in script(requests.add(text), text) }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(handle)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async { try? await channel.close() }

    static func ok(_ body: String, head: String = "") -> Answer {
        .text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(head)\r\n\(body)")
    }
}

private final class Requests: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }

    /// - Returns: its number, from 0.
    func add(_ text: String) -> Int {
        texts.withLock { texts in
            texts.append(text)
            return texts.count - 1
        }
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (String) -> ScriptedServer.Answer
    private var received = ""

    init(_ answer: @escaping @Sendable (String) -> ScriptedServer.Answer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        guard received.contains("\r\n\r\n") else { return }
        let text = received
        received = ""
        switch answer(text) {
        case .text(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .close: context.close(promise: nil)
        case .stall: break
        case .drip:
            context.writeAndFlush(
                wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")), promise: nil)
            let channel = context.channel
            context.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { task in
                if !channel.isActive { task.cancel() }
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }
    }
}
