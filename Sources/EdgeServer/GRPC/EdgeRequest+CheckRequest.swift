import Bytes
import Edge

extension EdgeRequest {
    /// The request that Envoy asks about; nil when it is none of HTTP, has no path, or names no host that everybody reads alike.
    /// - Parameters:
    ///   - caller: the address of who asks.
    ///   - isTrusted: whether that is believed when it says who its client is: by address, by certificate, by scheme.
    init?(_ check: Envoy_Service_Auth_V3_CheckRequest, caller: String, isTrusted: Bool) {
        let attributes = check.attributes
        guard attributes.request.hasHTTP else { return nil }
        let http = attributes.request.http
        guard http.path.startsWithByte("/"), http.path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !http.method.isEmpty,
            let host = Authority(http.host)
        else { return nil }
        let target = http.path.cut(at: "?", most: 1)
        // Envoy has applied its own rules for X-Forwarded-For.
        let client = isTrusted ? attributes.source.address.socketAddress.address : caller
        let port = Int(attributes.destination.address.socketAddress.portValue)
        let principal = attributes.source.principal
        self.init(
            method: http.method, scheme: isTrusted && http.scheme == "https" ? "https" : "http", host: host.text,
            path: String(target[0]), query: target.count == 2 ? String(target[1]) : "",
            headers: Self.headers(http, isTrusted: isTrusted), clientAddress: client, peerAddress: client,
            peerPrincipal: isTrusted && !principal.isEmpty ? principal : nil, destinationPort: port == 0 ? nil : port,
            policySelector: attributes.contextExtensions["policy"])
    }

    /// As they were sent if Envoy tells that; otherwise it has joined those of one name.
    private static func headers(
        _ http: Envoy_Service_Auth_V3_AttributeContext.HttpRequest, isTrusted: Bool
    ) -> EdgeHeaders {
        var fields: [(name: String, value: String)] =
            http.hasHeaderMap
            ? http.headerMap.headers.map { field in
                (field.key, field.rawValue.isEmpty ? field.value : String(decoding: field.rawValue, as: UTF8.self))
            } : http.headers.map { (name: $0.key, value: $0.value) }
        // `:path` and the like stand in fields of their own.
        fields.removeAll { $0.name.startsWithByte(":") }
        var headers = EdgeHeaders(fields)
        if !isTrusted { headers.remove("x-forwarded-client-cert") }
        return headers
    }
}
