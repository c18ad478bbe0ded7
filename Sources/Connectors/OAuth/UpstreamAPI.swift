import JOSE
import OpenIDConnect
import Upstream

/// A provider's API, asked in somebody's name.
struct UpstreamAPI: Sendable {
    let exchange: any HTTPExchange
    let failure: UpstreamFailure
    /// With every request.
    var headers: [UpstreamRequest.Header]

    init(exchange: any HTTPExchange, failure: UpstreamFailure, headers: [UpstreamRequest.Header] = []) {
        self.exchange = exchange
        self.failure = failure
        self.headers = [.init("Accept", "application/json")] + headers
    }

    /// As the owner of a token (RFC 6750 §2.1).
    init(exchange: any HTTPExchange, failure: UpstreamFailure, accessToken: String) {
        self.init(
            exchange: exchange, failure: failure, headers: [.init("Authorization", "Bearer " + accessToken)])
    }

    func adding(_ header: UpstreamRequest.Header) -> UpstreamAPI {
        var api = self
        api.headers.append(header)
        return api
    }

    /// Whatever the status is.
    func response(_ request: UpstreamRequest) async throws(ConnectorError) -> UpstreamResponse {
        var request = request
        request.headers = headers + request.headers
        do {
            return try await exchange.send(request)
        } catch {
            throw failure.error(error, at: request.url)
        }
    }

    /// The JSON of an answer of status 200.
    func json(_ request: UpstreamRequest) async throws(ConnectorError) -> JSON {
        try content(of: try await response(request), at: request.url)
    }

    func get(_ url: String) async throws(ConnectorError) -> JSON {
        try await json(UpstreamRequest(.get, url))
    }

    func content(of response: UpstreamResponse, at url: String) throws(ConnectorError) -> JSON {
        guard response.isSuccess else { throw failure.error(response, at: url) }
        do {
            return try JSON(parsing: response.body)
        } catch {
            throw failure.malformed("is not JSON", at: url)
        }
    }

    /// All elements of a list that comes in pages.
    ///
    /// - Throws: ``ConnectorError/unavailable(_:)`` for a list without end, and for a page elsewhere: the token is for this
    ///   server only.
    func elements(_ first: UpstreamRequest, of paging: Paging) async throws(ConnectorError) -> [JSON] {
        var found: [JSON] = []
        var request = first
        for number in 1...Paging.maximumPages {
            let response = try await response(request)
            let page = try content(of: response, at: request.url)
            guard let elements = (paging.list.map { page[$0] ?? .array([]) } ?? page).array else {
                throw failure.malformed("has no list", at: request.url)
            }
            found += elements
            guard found.count <= Paging.maximumElements else {
                throw failure.malformed("has more than \(Paging.maximumElements) elements", at: first.url)
            }
            guard let next = paging.next(Page(response: response, content: page, elements: elements.count, number: number)) else {
                return found
            }
            guard Origin(next) != nil, Origin(next) == Origin(first.url) else {
                throw failure.malformed("has its next page at another server", at: request.url)
            }
            request.url = next
        }
        throw failure.malformed("has more than \(Paging.maximumPages) pages", at: first.url)
    }

    func elements(_ url: String, of paging: Paging) async throws(ConnectorError) -> [JSON] {
        try await elements(UpstreamRequest(.get, url), of: paging)
    }
}

extension UpstreamRequest {
    /// With a body of JSON.
    static func posting(_ body: JSON, to url: String) -> UpstreamRequest {
        UpstreamRequest(.post, url, headers: [.init("Content-Type", "application/json")], body: body.serialized())
    }
}
