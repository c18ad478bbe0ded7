import Bytes
import Edge

extension Envoy_Service_Auth_V3_CheckResponse {
    init(_ answer: EdgeAnswer) {
        self.init()
        if answer.isAllowed {
            okResponse = .init(answer)
        } else {
            // A status of 0 would let the request go on.
            status.code = Self.code(for: answer.status)
            deniedResponse = .init(answer)
        }
    }

    /// For what cannot be judged.
    static func refusal(_ text: String) -> Self {
        var answer = EdgeAnswer(status: 403)
        answer.clientHeaders = [.init("content-type", "text/plain; charset=utf-8"), .init("cache-control", "no-store")]
        answer.body = Array((text + "\n").utf8)
        return Self(answer)
    }

    /// google.rpc.Code: UNAUTHENTICATED, UNAVAILABLE, PERMISSION_DENIED.
    private static func code(for status: Int) -> Int32 {
        switch status {
        case 302, 401: 16
        case 500...: 14
        default: 7
        }
    }
}

extension Envoy_Service_Auth_V3_OkHttpResponse {
    fileprivate init(_ answer: EdgeAnswer) {
        self.init()
        // What has no value is taken away: an empty one is not everywhere set over the client's own.
        headers = .replacing(answer.upstreamHeaders.filter { !$0.value.isEmpty })
        headersToRemove = answer.removedHeaders + answer.upstreamHeaders.filter(\.value.isEmpty).map(\.name)
        // The backend may set cookies too.
        responseHeadersToAdd = answer.clientHeaders.map { .init($0, .appendIfExistsOrAdd) }
    }
}

extension Envoy_Service_Auth_V3_DeniedHttpResponse {
    fileprivate init(_ answer: EdgeAnswer) {
        self.init()
        status.code = Int32(clamping: answer.status)
        headers = .replacing(answer.clientHeaders)
        body = String(decoding: answer.body, as: UTF8.self)
    }
}

extension [Envoy_Service_Auth_V3_HeaderValueOption] {
    /// The first of a name replaces what was there, whoever sent it; further ones of that name stand beside it.
    fileprivate static func replacing(_ fields: [EdgeHeaders.Field]) -> Self {
        var seen: Set<ExactText> = []
        return fields.map { .init($0, seen.insert($0.name.exact).inserted ? .overwriteIfExistsOrAdd : .appendIfExistsOrAdd) }
    }
}

extension Envoy_Service_Auth_V3_HeaderValueOption {
    fileprivate init(_ field: EdgeHeaders.Field, _ action: AppendAction) {
        self.init()
        header.key = field.name
        header.value = field.value
        appendAction = action
    }
}
