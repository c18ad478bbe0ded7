/// Where a request wants to go, in the form that patterns are compared with.
struct JudgedPlace: Sendable {
    /// In lower case, without a dot at its end, with the port where one is written.
    let host: [UInt8]
    /// As ``host``, without the port.
    let hostName: [UInt8]
    /// Normalized.
    let path: [UInt8]

    /// - Parameter path: normalized.
    init(_ request: EdgeRequest, path: String) {
        self.init(host: request.host, path: path)
    }

    init(host: String, path: String) {
        let bytes = host.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let dot = UInt8(ascii: ".")
        let end: Int
        if bytes.first == UInt8(ascii: "["), let close = bytes.firstIndex(of: UInt8(ascii: "]")) {
            end = close + 1
        } else {
            end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
        }
        // `example.com.` is `example.com`, and no way around its policies.
        let hasDot = end > 1 && bytes[end - 1] == dot
        hostName = Array(bytes[..<(hasDot ? end - 1 : end)])
        self.host = end == bytes.count ? hostName : hostName + bytes[end...]
        self.path = Array(path.utf8)
    }
}
