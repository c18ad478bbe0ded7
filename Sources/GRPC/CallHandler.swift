import Bytes
import NIOCore
import NIOHPACK
import NIOHTTP2
import Transport

/// One call: reads its head and its message, has it answered, and says what came of it.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Phase {
        case waiting
        case reading(CallHead)
        case answering(Task<Void, Never>)
        case ended
    }

    private let methods: [ExactText: UnaryMethod]
    private let limits: GRPCLimits
    private let peer: String
    private var reader: MessageReader
    private var held: HeldBody
    private var phase = Phase.waiting
    private var clientHasEnded = false
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(methods: [ExactText: UnaryMethod], limits: GRPCLimits, peer: String, bodies: ConnectionBodies? = nil) {
        self.methods = methods
        self.limits = limits
        self.peer = peer
        held = HeldBody(bodies)
        reader = MessageReader(limit: limits.messageBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    /// The client is gone, or has lost interest.
    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            clientHasEnded = frame.endStream
            if case .waiting = phase { begin(frame.headers, at: context.eventLoop.now) }
        case .data(let frame):
            clientHasEnded = frame.endStream
            if case .reading = phase, case .byteBuffer(var bytes) = frame.data {
                do throws(GRPCStatus) {
                    guard held.take(bytes.readableBytes) else { throw Self.tooMany }
                    try reader.read(&bytes)
                } catch { refuse(error) }
            }
        default: return
        }
        if clientHasEnded, case .reading(let head) = phase { call(head.method, at: context.eventLoop.now) }
    }

    /// Most calls come whole, and need no timer.
    func channelReadComplete(context: ChannelHandlerContext) {
        if case .reading = phase, timer == nil {
            let last = context.eventLoop.now + .seconds(Int64(limits.requestSeconds))
            expire(at: min(last, deadline ?? last))
        }
        context.fireChannelReadComplete()
    }

    private func begin(_ headers: HPACKHeaders, at now: NIODeadline) {
        do throws(CallRefusal) {
            let head = try CallHead(headers, methods: methods)
            deadline = head.timeout.map { now + $0 }
            phase = .reading(head)
        } catch {
            switch error {
            case .notGRPC(let status): end(with: [":status": "\(status)"])
            case .status(let status): refuse(status)
            }
        }
    }

    // MARK: Answering

    private func call(_ method: UnaryMethod, at now: NIODeadline) {
        do throws(GRPCStatus) {
            if let deadline, deadline <= now { throw Self.tooLate }
            switch try method.answer(UnaryCall(message: try reader.message(), peer: peer)) {
            case .now(let message): succeed(message)
            case .later(let work): wait(for: work)
            }
        } catch {
            refuse(error)
        }
    }

    private func wait(for work: @escaping @Sendable () async throws(GRPCStatus) -> [UInt8]) {
        guard let eventLoop = context?.eventLoop else { return }
        timer?.cancel()
        if let deadline { expire(at: deadline) }
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        phase = .answering(
            Task {
                let result: Result<[UInt8], GRPCStatus>
                do throws(GRPCStatus) { result = .success(try await work()) } catch { result = .failure(error) }
                eventLoop.execute { box.value.finish(result) }
            })
    }

    private func finish(_ result: Result<[UInt8], GRPCStatus>) {
        guard case .answering = phase else { return }
        switch result {
        case .success(let message): succeed(message)
        case .failure(let status): refuse(status)
        }
    }

    private static let tooMany = GRPCStatus(.resourceExhausted, "too many messages are under way; try again in a moment")
    private static let tooLate = GRPCStatus(.deadlineExceeded, "the time for this call is over")

    private func expire(at time: NIODeadline) {
        let box = context.map { NIOLoopBound(self, eventLoop: $0.eventLoop) }
        timer = context?.eventLoop.scheduleTask(deadline: time) { box?.value.refuse(Self.tooLate) }
    }

    private func stop() {
        if case .answering(let task) = phase { task.cancel() }
        timer?.cancel()
        phase = .ended
        held.release()
    }

    // MARK: Writing

    private static let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
    private static let good: HPACKHeaders = ["grpc-status": "0"]

    private func succeed(_ message: [UInt8]) {
        guard let context else { return }
        var bytes = context.channel.allocator.buffer(capacity: 5 + message.count)
        bytes.writeMultipleIntegers(UInt8(0), UInt32(message.count))
        bytes.writeBytes(message)
        context.write(wrapOutboundOut(.headers(.init(headers: Self.head))), promise: nil)
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(bytes)))), promise: nil)
        end(with: Self.good)
    }

    /// An answer of trailers alone.
    private func refuse(_ status: GRPCStatus) {
        var headers = Self.head
        headers.add(name: "grpc-status", value: "\(status.code.rawValue)")
        headers.add(name: "grpc-message", value: status.encodedMessage)
        headers.add(name: "grpc-accept-encoding", value: "identity")
        end(with: headers)
    }

    private func end(with trailers: HPACKHeaders) {
        guard let context else { return }
        stop()
        context.write(wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: nil)
        // The rest of the request is of no interest (PROTOCOL-HTTP2.md, "Early Server Closure").
        if !clientHasEnded { context.write(wrapOutboundOut(.rstStream(.noError)), promise: nil) }
        context.flush()
    }
}
