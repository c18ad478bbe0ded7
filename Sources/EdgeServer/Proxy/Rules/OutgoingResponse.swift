import Edge
import NIOHTTP1

/// What the client is sent of a backend's answer.
enum OutgoingResponse {
    /// - Parameter clientHeaders: what the edge adds, such as a renewed session.
    static func head(
        _ given: HTTPResponseHead, to request: IncomingRequest, clientHeaders: [EdgeHeaders.Field], cookies: EdgeCookieNames
    ) -> HTTPResponseHead {
        let listed = FieldLists.listed(in: given.headers["connection"])
        let isInformational = (100..<200).contains(given.status.code)
        let hasNoBody = isInformational || given.status.code == 204
        let isChunked = given.headers.contains(name: "transfer-encoding")
        var headers = HTTPHeaders()
        headers.reserveCapacity(given.headers.count + clientHeaders.count + 1)
        for (name, value) in given.headers {
            let folded = FoldedName(name)
            if FieldLists.hopByHop.contains(folded) || listed.contains(folded) && folded != "set-cookie" { continue }
            if folded == "content-length", hasNoBody || isChunked { continue }
            // The session is the edge's; a backend that sets it could sign people in as somebody else.
            if folded == "set-cookie", cookies.areSet(by: value) { continue }
            headers.add(name: name, value: value)
        }
        if !isInformational {
            for field in clientHeaders { headers.add(name: field.name, value: OutgoingRequest.oneLine(field.value)) }
            // A cache that kept this answer would give one person's session to the next.
            if clientHeaders.contains(where: { $0.name == "set-cookie" }) {
                headers.replaceOrAdd(name: "Cache-Control", value: "no-store")
            }
        }
        let carriesBody = !hasNoBody && given.status.code != 304 && request.method != .HEAD
        if carriesBody, !headers.contains(name: "content-length"), request.version == .http1_1 {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        return HTTPResponseHead(
            version: request.version == .http1_0 ? .http1_0 : .http1_1, status: given.status, headers: headers)
    }

    /// Whether the end of the body can only be told by the end of the connection.
    static func endsWithConnection(_ head: HTTPResponseHead, to request: IncomingRequest) -> Bool {
        request.version == .http1_0 && !head.headers.contains(name: "content-length") && request.method != .HEAD
    }

    static func trailers(_ given: HTTPHeaders?) -> HTTPHeaders? {
        guard let given else { return nil }
        let left = given.filter { field in
            let name = FoldedName(field.name)
            return !FieldLists.hopByHop.contains(name) && !FieldLists.notInTrailers.contains(name)
        }
        return left.isEmpty ? nil : HTTPHeaders(left.map { ($0.name, $0.value) })
    }
}
