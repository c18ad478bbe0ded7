extension Configuration.Connector {
    /// `authproxy`: a proxy in front has authenticated the person and says so in headers.
    public struct AuthProxy: Sendable, Hashable {
        public var userIDHeader = "X-Remote-User-Id"
        public var userHeader = "X-Remote-User"
        public var userNameHeader = "X-Remote-User-Name"
        public var emailHeader = "X-Remote-User-Email"
        public var groupHeader = "X-Remote-Group"
        public var groupHeaderSeparator = ","
        /// Everybody is in these besides.
        public var staticGroups: [String] = []
        /// Only they may set the headers. Beyond Dex, which believes everybody.
        public var trustedProxies: [AddressRange] = []
    }
}

extension Configuration.Connector.AuthProxy {
    static var schema: Schema<Self> {
        Schema<Self>.mapping { keys in
            var proxy = Self()
            proxy.userIDHeader = keys("userIDHeader", .headerName, default: proxy.userIDHeader)
            proxy.userHeader = keys("userHeader", .headerName, default: proxy.userHeader)
            proxy.userNameHeader = keys("userNameHeader", .headerName, default: proxy.userNameHeader)
            proxy.emailHeader = keys("emailHeader", .headerName, default: proxy.emailHeader)
            proxy.groupHeader = keys("groupHeader", .headerName, default: proxy.groupHeader)
            proxy.groupHeaderSeparator = keys("groupHeaderSeparator", .text, default: proxy.groupHeaderSeparator)
            proxy.staticGroups = keys("staticGroups", .list(of: .text), default: [])
            let proxies = keys.required(
                "trustedProxies", .list(of: .addressRange),
                hint:
                    "write the addresses of the proxy, as in trustedProxies: [127.0.0.1/32]; everybody else could claim to be anybody"
            )
            guard let proxies else { return nil }
            if let place = keys["trustedProxies"], place.elements.isEmpty {
                keys.loading.problem("nobody may set the headers, so nobody could log in", at: place)
            }
            proxy.trustedProxies = proxies
            return proxy
        }.expandingEnvironment()
    }
}

extension Schema<String> {
    /// The name of an HTTP header (RFC 9110 §5.1). An underscore is refused: proxies in front take it for a dash.
    fileprivate static var headerName: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let isName = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isName, !text.isEmpty else {
                throw Mistake("\(quoted(text)) is not the name of a header", hint: "use letters, digits and dashes")
            }
            return text
        }
    }
}
