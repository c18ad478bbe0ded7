import NIOCore

/// A complete request that waits for its answer, and the way back to its connection.
struct PendingRequest: Sendable {
    let head: RequestHead
    let body: [UInt8]
    /// The address at the other end of the connection; empty if it has none.
    let peer: String
    let arrived: NIODeadline
    private let connection: NIOLoopBound<RequestHandler>
    private let eventLoop: any EventLoop

    init(head: RequestHead, body: [UInt8], peer: String, arrived: NIODeadline, handler: RequestHandler, eventLoop: any EventLoop)
    {
        self.head = head
        self.body = body
        self.peer = peer
        self.arrived = arrived
        self.eventLoop = eventLoop
        connection = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    /// Sends the answer; does nothing when the client has gone.
    func answer(_ response: WebResponse) {
        eventLoop.execute { connection.value.answer(response) }
    }
}
