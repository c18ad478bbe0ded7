import Bytes
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Which prepared answer a request gets.
enum ReadyChoice {
    case full(Int)
    case headOnly(Int)
    case notModified(Int)
    case bearer([UInt8])
    case remembered(PreparedReply, ReadyMethod)
}

/// How metrics tell methods apart.
enum ReadyMethod {
    case get, head, post, other

    init(_ method: HTTPMethod) {
        self =
            switch method {
            case .GET: .get
            case .HEAD: .head
            case .POST: .post
            default: .other
            }
    }
}

/// The prepared answers as one event loop holds them: its own bytes, with the present date in them.
///
/// Finding and sending an answer allocates nothing: a path is compared, the fields are looked through once, and a buffer
/// that exists already is written. It belongs to its loop and is not `Sendable`.
final class ReadyLoop {
    let clock: LoopClock
    private let shared: Ready?
    private let remembered: (any RememberedReplies)?
    private var rememberedCounters: [RememberedCounter] = []
    private var hosts = KnownHost()
    private var prepared: PreparedAnswers?
    private var lengths: [Int] = []
    private var full: [Dated] = []
    private var headOnly: [Dated] = []
    private var notModified: [Dated] = []
    private var bearerHead: Dated?

    /// Those of one name, method and status are counted together. There are few.
    private struct RememberedCounter {
        let name: String
        let status: Int
        let method: ReadyMethod
        let counter: PreparedCounter
    }

    /// Bytes and the date that they hold.
    private struct Dated {
        var buffer: ByteBuffer
        let dateOffset: Int
        let rest: ByteBuffer?
        let counter: PreparedCounter
        var stamp = -1

        init(_ bytes: PreparedBytes) {
            buffer = bytes.start
            dateOffset = bytes.dateOffset
            rest = bytes.rest
            counter = bytes.counter
        }

        mutating func refresh(_ clock: LoopClock, _ now: NIODeadline) {
            let date = clock.date(at: now)
            guard stamp != clock.stamp else { return }
            // Copies the bytes if the last answer is still on its way out.
            buffer.setString(date, at: dateOffset)
            stamp = clock.stamp
        }
    }

    init(shared: Ready?, clock: LoopClock) {
        self.shared = shared
        self.clock = clock
        remembered = shared?.remembered
        if let shared { adopt(shared.snapshot) }
    }

    private func adopt(_ answers: PreparedAnswers) {
        prepared = answers
        lengths = answers.answers.map(\.pathLength)
        full = answers.answers.map { Dated($0.full) }
        headOnly = answers.answers.map { Dated($0.headOnly) }
        notModified = answers.answers.map { Dated($0.notModified) }
        bearerHead = answers.bearer.map { Dated($0.head) }
    }

    /// `nil` when the request must take the long way: not GET or HEAD, another path, a body, an origin (CORS depends on
    /// it), an expectation, or anything about the connection that differs from plain HTTP/1.1 keep-alive.
    func choose(_ head: HTTPRequestHead, peer: String, now: NIODeadline) -> ReadyChoice? {
        // Patterns, as `==` would compare the methods' names.
        let isGet: Bool
        switch head.method {
        case .GET: isGet = true
        case .HEAD: isGet = false
        default:
            guard head.version == .http1_1, let remembered else { return nil }
            return choose(head, peer, remembered)
        }
        guard head.version == .http1_1, let prepared = current() else { return nil }
        let uri = head.uri
        let length = uri.utf8.count
        for index in lengths.indices where lengths[index] == length && prepared.answers[index].path.hasSameBytes(as: uri) {
            guard head.isKeepAlive, let fields = Fields(head.headers, &hosts) else { return nil }
            if let tag = fields.ifNoneMatch, prepared.answers[index].matches(ifNoneMatch: tag) {
                // HEAD with a condition is rare: the long way answers it.
                return isGet ? .notModified(index) : nil
            }
            return isGet ? .full(index) : .headOnly(index)
        }
        if let bearer = prepared.bearer, length == bearer.pathLength, bearer.path.hasSameBytes(as: uri), isGet {
            guard head.isKeepAlive, let fields = Fields(head.headers, &hosts), let token = fields.bearerToken,
                let body = bearer.answers.body(for: token)
            else { return nil }
            return .bearer(body)
        }
        return remembered.flatMap { choose(head, peer, $0) }
    }

    private func choose(_ head: HTTPRequestHead, _ peer: String, _ remembered: any RememberedReplies) -> ReadyChoice? {
        // Another form of target names a host of its own.
        guard head.uri.utf8.first == UInt8(ascii: "/"), head.isKeepAlive, Fields.isPlain(head.headers, &hosts),
            let reply = remembered.reply(to: head, peer: peer)
        else { return nil }
        return .remembered(reply, ReadyMethod(head.method))
    }

    /// What the log says of it.
    func name(of choice: ReadyChoice) -> (name: String, status: Int)? {
        switch choice {
        case .full(let index), .headOnly(let index):
            prepared.map { ($0.answers[index].name, $0.answers[index].response.status.code) }
        case .notModified(let index): prepared.map { ($0.answers[index].name, 304) }
        case .bearer: prepared?.bearer.map { ($0.name, 200) }
        case .remembered(let reply, _): (reply.name, reply.response.status.code)
        }
    }

    /// - Parameter raw: the context of the response encoder: what is written to it passes the encoder by.
    func write(_ choice: ReadyChoice, to raw: ChannelHandlerContext, now: NIODeadline) {
        switch choice {
        case .full(let index): write(&full[index], to: raw, now)
        case .headOnly(let index): write(&headOnly[index], to: raw, now)
        case .notModified(let index): write(&notModified[index], to: raw, now)
        case .bearer(let body): writeBearer(body, to: raw, now)
        case .remembered(let reply, let method): write(reply, method, to: raw, now)
        }
    }

    private func write(_ reply: PreparedReply, _ method: ReadyMethod, to raw: ChannelHandlerContext, _ now: NIODeadline) {
        counter(of: reply, method)?.increment()
        var buffer = reply.start
        buffer.setString(clock.date(at: now), at: reply.dateOffset)
        raw.write(NIOAny(buffer), promise: nil)
        if let rest = reply.rest { raw.write(NIOAny(rest), promise: nil) }
    }

    private func counter(of reply: PreparedReply, _ method: ReadyMethod) -> PreparedCounter? {
        let status = reply.response.status.code
        for known in rememberedCounters
        where known.status == status && known.method == method && known.name.hasSameBytes(as: reply.name) {
            return known.counter
        }
        guard let counter = shared?.counter(code: status, method: method, handler: reply.name) else { return nil }
        rememberedCounters.append(RememberedCounter(name: reply.name, status: status, method: method, counter: counter))
        return counter
    }

    private func write(_ dated: inout Dated, to raw: ChannelHandlerContext, _ now: NIODeadline) {
        dated.refresh(clock, now)
        dated.counter.increment()
        raw.write(NIOAny(dated.buffer), promise: nil)
        if let rest = dated.rest { raw.write(NIOAny(rest), promise: nil) }
    }

    private func writeBearer(_ body: [UInt8], to raw: ChannelHandlerContext, _ now: NIODeadline) {
        guard bearerHead != nil else { return }
        bearerHead?.refresh(clock, now)
        guard let head = bearerHead else { return }
        prepared?.bearer?.series.record(seconds: 0, bytes: body.count)
        var buffer = raw.channel.allocator.buffer(capacity: head.buffer.readableBytes + body.count + 16)
        buffer.writeImmutableBuffer(head.buffer)
        buffer.writeString("\(body.count)\r\n\r\n")
        buffer.writeBytes(body)
        raw.write(NIOAny(buffer), promise: nil)
    }

    private func current() -> PreparedAnswers? {
        guard let shared, let prepared else { return nil }
        let refreshed = shared.refreshed(prepared)
        if refreshed !== prepared { adopt(refreshed) }
        return refreshed
    }
}

/// The last `Host` that was found to be one, so that it is not read again for each request.
private struct KnownHost {
    private var last = ""

    mutating func isAuthority(_ text: String) -> Bool {
        if !last.isEmpty, text.hasSameBytes(as: last) { return true }
        guard Authority(text) != nil else { return false }
        last = text
        return true
    }
}

/// The few fields that matter to a prepared answer, found in one pass; `nil` when one of them needs the long way.
private struct Fields {
    private(set) var ifNoneMatch: String?
    private(set) var bearerToken: String?

    /// One `Host`, no body, no expectation, no other protocol.
    static func isPlain(_ headers: HTTPHeaders, _ known: inout KnownHost) -> Bool {
        var hosts = 0
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where same(name, "host"):
                guard known.isAuthority(value) else { return false }
                hosts += 1
            case 6 where same(name, "expect"), 7 where same(name, "upgrade"), 17 where same(name, "sec-websocket-key"):
                return false
            case 14 where same(name, "content-length") && value != "0", 17 where same(name, "transfer-encoding"): return false
            default: break
            }
        }
        return hosts == 1
    }

    init?(_ headers: HTTPHeaders, _ known: inout KnownHost) {
        var hosts = 0
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where Self.same(name, "host"):
                guard known.isAuthority(value) else { return nil }
                hosts += 1
            case 6 where Self.same(name, "origin") || Self.same(name, "expect"), 7 where Self.same(name, "upgrade"):
                return nil
            case 13 where Self.same(name, "if-none-match"):
                guard ifNoneMatch == nil else { return nil }
                ifNoneMatch = value
            case 13 where Self.same(name, "authorization"):
                guard bearerToken == nil, value.utf8.count > 7, Self.same(value.utf8.prefix(7), "bearer ") else { return nil }
                bearerToken = String(Substring(value.utf8.dropFirst(7)))
            case 14 where Self.same(name, "content-length") && value != "0", 17 where Self.same(name, "transfer-encoding"):
                return nil
            default:
                break
            }
        }
        guard hosts == 1 else { return nil }
    }

    private static func same(_ name: String, _ lowercased: StaticString) -> Bool { same(name.utf8, lowercased) }

    /// - Precondition: both have as many bytes.
    private static func same(_ name: some Sequence<UInt8>, _ lowercased: StaticString) -> Bool {
        var expected = lowercased.utf8Start
        for byte in name {
            guard byte.asciiLowercased == expected.pointee else { return false }
            expected += 1
        }
        return true
    }
}
