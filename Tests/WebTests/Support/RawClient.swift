import NIOCore
import NIOPosix

/// A TCP connection that says exactly what a test wants and hears exactly what comes back.
final class RawClient: Sendable {
    struct Response: Sendable, Equatable {
        let status: Int
        let fields: [String: String]
        let body: String
    }

    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let reader: Reader
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    private init(
        channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.outbound = outbound
        reader = Reader(inbound)
    }

    static func with<Value: Sendable>(port: Int, _ body: @Sendable (RawClient) async throws -> Value) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawClient(channel: channel, inbound: inbound, outbound: outbound))
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func finish() {
        outbound.finish()
    }

    /// The next whole response; `withBody: false` after HEAD.
    func response(withBody: Bool = true) async throws -> Response {
        let head = try await reader.text(through: "\r\n\r\n")
        let lines = head.components(by: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let length = withBody && status >= 200 ? Int(fields["content-length"] ?? "0") ?? 0 : 0
        return Response(status: status, fields: fields, body: try await reader.text(count: length))
    }

    /// What comes until the server closes.
    func rest() async throws -> String {
        try await reader.rest()
    }
}

private extension String {
    func components(by separator: String) -> [Substring] {
        // "\r\n" is one Character in Swift.
        split(separator: Character(separator), omittingEmptySubsequences: true)
    }
}

private actor Reader {
    struct Ended: Error {
        let after: String
    }

    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer: [UInt8] = []

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) {
        iterator = inbound.makeAsyncIterator()
    }

    private func more() async throws -> Bool {
        var iterator = iterator
        let next = try await iterator.next(isolation: self)
        self.iterator = iterator
        guard let next else { return false }
        buffer += Array(next.readableBytesView)
        return true
    }

    func text(through mark: String) async throws -> String {
        let mark = Array(mark.utf8)
        while true {
            if let start = (0..<max(0, buffer.count - mark.count + 1)).first(where: { buffer[$0...].starts(with: mark) }) {
                return take(start + mark.count)
            }
            guard try await more() else { throw Ended(after: String(decoding: buffer, as: UTF8.self)) }
        }
    }

    func text(count: Int) async throws -> String {
        while buffer.count < count {
            guard try await more() else { throw Ended(after: String(decoding: buffer, as: UTF8.self)) }
        }
        return take(count)
    }

    func rest() async throws -> String {
        // A reset ends the connection as well.
        while (try? await more()) ?? false {}
        return take(buffer.count)
    }

    private func take(_ count: Int) -> String {
        defer { buffer.removeFirst(count) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
