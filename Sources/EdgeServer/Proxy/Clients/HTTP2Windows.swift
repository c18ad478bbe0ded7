import NIOHTTP2

/// How much may be under way on connections of HTTP/2: enough for a fast stream over some distance, and little enough that
/// many slow ones hold no great part of the memory.
enum HTTP2Windows {
    static func connection(_ settings: HTTP2Settings) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings =
            nioDefaultSettings.filter { setting in
                !settings.contains { $0.parameter == setting.parameter }
            } + settings
        configuration.targetWindowSize = 1 << 20
        return configuration
    }

    static var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = 256 << 10
        configuration.outboundBufferSizeHighWatermark = 64 << 10
        configuration.outboundBufferSizeLowWatermark = 32 << 10
        return configuration
    }
}
