import NIOHTTP2

/// How much may be under way on connections of HTTP/2: enough for a fast stream over some distance, and little enough that
/// many slow ones hold no great part of the memory.
struct HTTP2Limits {
    let connection: NIOHTTP2Handler.ConnectionConfiguration
    let stream: NIOHTTP2Handler.StreamConfiguration

    private init(_ settings: HTTP2Settings, controlFrames: Int, resets: Int, emptyFrames: Int) {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings =
            nioDefaultSettings.filter { usual in !settings.contains { $0.parameter == usual.parameter } } + settings
        connection.targetWindowSize = 1 << 20
        connection.controlFrameRateLimit.maximumCount = controlFrames
        connection.maximumSequentialEmptyDataFrames = emptyFrames
        self.connection = connection
        var stream = NIOHTTP2Handler.StreamConfiguration()
        // So much of each of a hundred streams may wait for a slow backend.
        stream.targetWindowSize = 64 << 10
        stream.outboundBufferSizeHighWatermark = 64 << 10
        stream.outboundBufferSizeLowWatermark = 32 << 10
        stream.streamResetFrameRateLimit.maximumCount = resets
        stream.streamErrorRateLimit.maximumCount = resets
        self.stream = stream
    }

    /// Clients of gRPC ping often to measure the line, and reset what they lose interest in; within 30 seconds this often.
    static func clients(headerBytes: Int) -> HTTP2Limits {
        HTTP2Limits(
            [
                HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
                HTTP2Setting(parameter: .maxHeaderListSize, value: headerBytes),
            ], controlFrames: 3000, resets: 1000, emptyFrames: 8)
    }

    /// Backends are ours: what they do often they have reason to, and a connection that is cut takes many requests along.
    static var backends: HTTP2Limits {
        HTTP2Limits(
            [
                HTTP2Setting(parameter: .enablePush, value: 0),
                HTTP2Setting(parameter: .maxHeaderListSize, value: 256 << 10),
            ], controlFrames: 100_000, resets: 100_000, emptyFrames: 1000)
    }
}
