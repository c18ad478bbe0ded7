import Bytes
import HTTPTypes
import Synchronization

/// What Dex counts about requests, under Dex's names: `http_requests_total`, `request_duration_seconds`,
/// `response_size_bytes`, each by `code`, `method` (lower case) and `handler` (the route's name).
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let code: Int
        /// One of ours, in lower case.
        let method: ExactText
        let handler: ExactText
    }

    private let table = Mutex<[Key: RequestSeries]>([:])

    init() {}

    func series(code: Int, method: HTTPRequest.Method, handler: String) -> RequestSeries {
        series(code: code, label: Self.label(of: method), handler: handler)
    }

    /// Of requests that could not be read.
    func unread(code: Int) -> RequestSeries { series(code: code, label: Self.otherMethod, handler: "") }

    private func series(code: Int, label: String, handler: String) -> RequestSeries {
        let key = Key(code: code, method: label.exact, handler: handler.exact)
        return table.withLock { table in
            if let found = table[key] { return found }
            let made = RequestSeries()
            table[key] = made
            return made
        }
    }

    private static let otherMethod = "other"

    /// Methods are the client's to invent; labels are not.
    private static func label(of method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue.asciiLowercased
        default: otherMethod
        }
    }

    @Sendable func write(to output: inout PrometheusText) {
        let all = table.withLock { $0 }
            .map { (labels: [("code", String($0.code)), ("method", $0.method.text), ("handler", $0.handler.text)], series: $1) }
            .sorted { $0.labels.map(\.1.exact).lexicographicallyPrecedes($1.labels.map(\.1.exact)) }
        for (_, series) in all { series.settle() }
        output.family("http_requests_total", .counter, help: "Count of all HTTP requests.")
        for (labels, series) in all { output.sample("http_requests_total", labels, Double(series.count.value)) }
        output.family("request_duration_seconds", .histogram, help: "Time from the head of a request to its answer.")
        for (labels, series) in all { series.durations.write("request_duration_seconds", labels, to: &output) }
        output.family("response_size_bytes", .histogram, help: "Size of the bodies of answers.")
        for (labels, series) in all { series.sizes.write("response_size_bytes", labels, to: &output) }
    }
}

/// The numbers of one code, method and route.
final class RequestSeries: Sendable {
    let count = Counter()
    let durations = Histogram(bounds: [0.25, 0.5, 1, 2.5, 5, 10])
    let sizes = Histogram(bounds: [200, 500, 900, 1500])
    private let prepared = Mutex<[PreparedCounter]>([])

    func record(seconds: Double, bytes: Int) {
        count.increment()
        durations.observe(seconds)
        sizes.observe(Double(bytes))
    }

    /// A counter for answers of one size that take no time worth measuring: one atomic addition each.
    func prepared(bytes: Int) -> PreparedCounter {
        let made = PreparedCounter(bytes: bytes)
        prepared.withLock { $0.append(made) }
        return made
    }

    /// Brings what was counted in short into the histograms.
    func settle() {
        prepared.withLock { counters in
            var used: [PreparedCounter] = []
            for index in counters.indices {
                // Those whose answers were replaced go, once nothing can count on them any more and all was taken.
                if !isKnownUniquelyReferenced(&counters[index]) { used.append(counters[index]) }
                let times = counters[index].take()
                guard times > 0 else { continue }
                count.increment(by: times)
                durations.observe(0, times: times)
                sizes.observe(Double(counters[index].bytes), times: times)
            }
            counters = used
        }
    }
}

final class PreparedCounter: Sendable {
    let bytes: Int
    private let count = Atomic<Int>(0)

    init(bytes: Int) {
        self.bytes = bytes
    }

    func increment() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    func take() -> Int {
        count.exchange(0, ordering: .relaxed)
    }
}
