import AsyncHTTPClient
import JOSE
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// HTTP to other servers: pooled connections, TLS 1.2 or newer, limits on everything. One for each connector, so that a
/// server that stalls takes nothing from the others.
///
/// It costs nothing until the first request. Connections are closed when nobody holds it any more.
public final class UpstreamClient: HTTPExchange {
    private let settings: UpstreamSettings
    private let clients = Mutex<[ProxyRules.Proxy?: HTTPClient]>([:])
    private let running = Atomic(0)
    private let isForbidden: @Sendable (SocketAddress) -> Bool

    public convenience init(_ settings: UpstreamSettings) {
        self.init(settings, isForbidden: ForbiddenAddress.contains)
    }

    /// - Parameter isForbidden: whether an address that a name led to may not be talked to.
    init(_ settings: UpstreamSettings, isForbidden: @escaping @Sendable (SocketAddress) -> Bool) {
        self.settings = settings
        self.isForbidden = isForbidden
    }

    deinit {
        // Each holds itself until it has closed its connections.
        for client in clients.withLock({ $0.values }) { client.shutdown { _ in } }
    }

    public func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        guard let url = UpstreamURL(request.url) else { throw .forbidden("not a URL that can be asked") }
        guard settings.allowsLinkLocal || !ForbiddenAddress.contains(host: url.host) else {
            throw .forbidden("\(url.origin) is an address that no identity provider has")
        }
        guard running.add(1, ordering: .relaxed).newValue <= settings.requestLimit else {
            running.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        defer { running.subtract(1, ordering: .relaxed) }
        let client = try client(through: try settings.proxies.proxy(for: url))
        return try await withinDeadline(url) { [settings] in
            await Self.exchange(request, url, client, settings)
        }
    }

    /// How many requests are on their way.
    public var requestsInFlight: Int { running.load(ordering: .relaxed) }

    // MARK: One exchange

    private static func exchange(
        _ request: UpstreamRequest, _ url: UpstreamURL, _ client: HTTPClient, _ settings: UpstreamSettings
    ) async -> Result<UpstreamResponse, UpstreamError> {
        let deadline = NIODeadline.now() + TimeAmount(settings.deadline)
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = .init(rawValue: request.method.rawValue)
        outgoing.headers.add(name: "User-Agent", value: "dextra")
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(request.body) }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(outgoing, deadline: deadline)
        } catch  where request.method == .get && UpstreamError.isBrokenConnection(error) {
            // A pooled connection that the server had just closed. Nothing but reading is done twice.
            do { response = try await client.execute(outgoing, deadline: deadline) } catch {
                return .failure(UpstreamError(error, url))
            }
        } catch {
            return .failure(UpstreamError(error, url))
        }
        do {
            let body = try await response.body.collect(upTo: settings.bodyLimit)
            return .success(
                UpstreamResponse(
                    status: Int(response.status.code), headers: response.headers.map { .init($0.name, $0.value) },
                    body: Array(body.readableBytesView)))
        } catch is NIOTooManyBytesError {
            return .failure(.tooLarge("\(url.withoutQuery) answered with more than \(settings.bodyLimit) bytes"))
        } catch {
            return .failure(UpstreamError(error, url))
        }
    }

    /// The library's own deadline ends with the head of the answer, and a body can be fed by the spoonful.
    private func withinDeadline(
        _ url: UpstreamURL, _ work: @escaping @Sendable () async -> Result<UpstreamResponse, UpstreamError>
    ) async throws(UpstreamError) -> UpstreamResponse {
        let deadline = settings.deadline
        let (ended, end) = AsyncStream<Never>.makeStream()
        let number = settings.life?.atEnd { end.finish() }
        defer { if let number { settings.life?.forget(number) } }
        let result = await withTaskGroup(of: Result<UpstreamResponse, UpstreamError>?.self) { group in
            group.addTask { await work() }
            group.addTask {
                do { try await Task.sleep(for: deadline) } catch { return nil }
                return .failure(.unreachable("\(url.withoutQuery) did not answer within \(deadline)"))
            }
            group.addTask {
                for await _ in ended {}
                return Task.isCancelled
                    ? nil : .failure(.unreachable("\(url.withoutQuery) was not waited for: this provider ends"))
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            return .failure(.unreachable("\(url.withoutQuery) was not waited for"))
        }
        return try result.get()
    }

    // MARK: The library's clients

    /// A client knows one proxy, so there is one for each that is used.
    private func client(through proxy: ProxyRules.Proxy?) throws(UpstreamError) -> HTTPClient {
        if let client = clients.withLock({ $0[proxy] }) { return client }
        let configuration = try configuration(through: proxy)
        return clients.withLock { clients in
            if let client = clients[proxy] { return client }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[proxy] = client
            return client
        }
    }

    private func configuration(through proxy: ProxyRules.Proxy?) throws(UpstreamError) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try settings.trust.tls()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: TimeAmount(settings.connectTimeout), read: TimeAmount(settings.deadline))
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connectionLimit
        // Trying until the time is over would keep people waiting for a server that is down.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        if let proxy {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.credentials.map { HTTPClient.Authorization.basic(credentials: Base64.encode($0.utf8)) })
        } else if !settings.allowsLinkLocal {
            // Names are looked up by the system; what they led to is known here, before anything is sent.
            configuration.http1_1ConnectionDebugInitializer = Self.refusal(of: isForbidden)
            configuration.http2ConnectionDebugInitializer = Self.refusal(of: isForbidden)
        }
        return configuration
    }

    private static func refusal(
        of isForbidden: @escaping @Sendable (SocketAddress) -> Bool
    ) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
        { channel in
            guard channel.remoteAddress.map(isForbidden) ?? true else { return channel.eventLoop.makeSucceededVoidFuture() }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ForbiddenConnection())
        }
    }
}

/// A name led to an address that may not be asked.
struct ForbiddenConnection: Error {}
