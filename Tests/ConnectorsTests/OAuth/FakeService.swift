import Foundation
import JOSE
import OpenIDConnect
import Synchronization
import Upstream

@testable import Connectors

/// A service in memory: answers by method and path, and remembers what it was asked.
final class FakeService: HTTPExchange {
    typealias Answer = @Sendable (UpstreamRequest) throws(UpstreamError) -> UpstreamResponse

    private let answers = Mutex<[(key: String, answer: Answer)]>([])
    private let log = Mutex<[UpstreamRequest]>([])

    var requests: [UpstreamRequest] { log.withLock { $0 } }

    /// Requests to an address that begins so.
    func requests(to prefix: String) -> [UpstreamRequest] { requests.filter { $0.url.hasPrefix(prefix) } }

    /// The longest matching beginning of `METHOD address` answers; of equals the newest.
    func on(_ key: String, _ answer: @escaping Answer) {
        answers.withLock { $0.insert((key, answer), at: 0) }
    }

    func on(_ key: String, _ body: JSON, status: Int = 200, headers: [(String, String)] = []) {
        on(key) { _ in .json(body, status: status, headers: headers) }
    }

    func on(_ key: String, failing error: UpstreamError) {
        on(key) { _ throws(UpstreamError) in throw error }
    }

    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        log.withLock { $0.append(request) }
        let asked = "\(request.method.rawValue) \(request.url)"
        let found = answers.withLock { answers in
            answers.filter { asked.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }.map { best in
                answers.first { $0.key == best.key } ?? best
            }
        }
        guard let found else { return .json(["message": "Not Found"], status: 404) }
        return try found.answer(request)
    }
}

extension UpstreamResponse {
    static func json(_ body: JSON, status: Int = 200, headers: [(String, String)] = []) -> UpstreamResponse {
        UpstreamResponse(
            status: status, headers: [.init("Content-Type", "application/json")] + headers.map { .init($0.0, $0.1) },
            body: body.serialized())
    }
}

extension UpstreamRequest {
    /// The fields of a form.
    var formFields: [String: String] { FakeBrowser.fields(String(decoding: body, as: UTF8.self)) }
    var json: JSON? { try? JSON(parsing: body) }

    subscript(header name: String) -> String? { headers.last { $0.name.lowercased() == name.lowercased() }?.value }
}

/// A browser that goes where a connector sends it, and comes back.
struct FakeBrowser {
    static let callback = "https://sso.example.com/dex/callback"

    /// The address, its query, and what is remembered meanwhile.
    struct Visit {
        let address: String
        let query: [String: String]
        let memory: [UInt8]
    }

    static func leave(_ connector: any CallbackConnector, scopes: [String] = ["openid"]) async throws -> Visit {
        let memory = Mutex<[UInt8]>([])
        let visit = ConnectorVisit(callbackURL: callback, scopes: scopes) { bytes throws(ConnectorError) in
            memory.withLock { $0 = bytes }
            return "the-state"
        }
        guard case .address(let url) = try await connector.destination(for: visit) else { throw Unexpected() }
        let halves = url.split(separator: "?", maxSplits: 1)
        return Visit(
            address: String(halves[0]), query: halves.count > 1 ? fields(String(halves[1])) : [:],
            memory: memory.withLock { $0 })
    }

    static func answer(
        _ visit: Visit, _ parameters: [(name: String, value: String)] = [("code", "the-code"), ("state", "the-state")],
        scopes: [String] = ["openid"]
    ) -> ConnectorAnswer {
        ConnectorAnswer(
            parameters: RequestParameters(parameters), callbackURL: callback, scopes: scopes, memory: visit.memory)
    }

    static func logIn(_ connector: any CallbackConnector, scopes: [String] = ["openid"]) async throws -> ConnectorIdentity {
        let visit = try await leave(connector, scopes: scopes)
        return try await connector.identity(from: answer(visit, scopes: scopes))
    }

    static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(halves[0])] = halves.count > 1 ? String(halves[1]).removingPercentEncoding : ""
        }
        return fields
    }

    struct Unexpected: Error {}
}

struct StoppedClock: WallClock {
    var now = Date(timeIntervalSince1970: 1_786_000_000)
}

extension OAuthConnector {
    /// A connector of the tests, whose client is `app` with the secret `app-secret`.
    init(testing provider: Provider, _ service: FakeService, clock: any WallClock = StoppedClock()) {
        self.init(
            provider, application: OAuthApplication(clientID: "app", proof: .secret("app-secret")), exchange: service,
            clock: clock, random: SystemRandom())
    }
}

/// Runs something that must fail, and gives the failure.
func failure<Value>(_ body: () async throws -> Value) async -> ConnectorError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ConnectorError
    }
}

extension ConnectorError {
    /// Its kind, for comparing without the text.
    var kind: String {
        switch self {
        case .unavailable: "unavailable"
        case .overloaded: "overloaded"
        case .gone: "gone"
        case .refused: "refused"
        case .denied(let denial, _): denial.rawValue
        }
    }

    var text: String {
        switch self {
        case .overloaded: ""
        case .unavailable(let text), .gone(let text), .refused(let text), .denied(_, let text): text
        }
    }
}

/// A clock that a test moves.
final class MovingClock: WallClock {
    private let time = Mutex(StoppedClock().now)

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: Double) {
        time.withLock { $0 = $0.addingTimeInterval(seconds) }
    }
}
