import Bytes
import Synchronization

/// The series of one family, made when their label values are first seen.
///
/// Label values must come from a small set: routes, grants, outcomes, never from what a client sent. As a last resort
/// values past `limit` series are counted together under `other`, so that no mistake here can fill the memory.
private struct SeriesTable<Series: Sendable>: ~Copyable, Sendable {
    let labels: [String]
    let make: @Sendable () -> Series
    let series = Mutex<[[ExactText]: Series]>([:])
    static var limit: Int { 2000 }

    func find(_ values: [String]) -> Series {
        series.withLock { table in
            let exact = values.map(\.exact)
            if let found = table[exact] { return found }
            let key = table.count < Self.limit ? exact : exact.map { _ in "other" }
            if let found = table[key] { return found }
            let made = make()
            table[key] = made
            return made
        }
    }

    /// In a stable order.
    func all() -> [(labels: [(String, String)], series: Series)] {
        series.withLock { $0 }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (Array(zip(labels, $0.key.map(\.text))), $0.value) }
    }
}

/// A number that only grows.
public final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    public var value: Int { count.load(ordering: .relaxed) }

    public func increment(by amount: Int = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

public final class CounterFamily: Sendable {
    private let name: String
    private let help: String
    private let table: SeriesTable<Counter>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        table = SeriesTable(labels: labels, make: { Counter() })
        if labels.isEmpty { _ = table.find([]) }
    }

    /// The counter of these label values, in the order of the family's labels.
    public func callAsFunction(_ values: String...) -> Counter {
        table.find(values)
    }

    @Sendable func write(to output: inout PrometheusText) {
        output.family(name, .counter, help: help)
        for (labels, counter) in table.all() { output.sample(name, labels, Double(counter.value)) }
    }
}

/// How often values fell below each of some bounds.
public final class Histogram: Sendable {
    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// - Parameter times: how often the value was seen.
    public func observe(_ value: Double, times: Int = 1) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += times
            state.sum += value * Double(times)
        }
    }

    func write(_ name: String, _ labels: [(String, String)], to output: inout PrometheusText) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        output.histogram(name, labels, bounds: bounds, counts: counts, sum: sum)
    }
}

public final class HistogramFamily: Sendable {
    private let name: String
    private let help: String
    private let table: SeriesTable<Histogram>

    init(name: String, help: String, labels: [String], bounds: [Double]) {
        self.name = name
        self.help = help
        table = SeriesTable(labels: labels, make: { Histogram(bounds: bounds) })
    }

    public func callAsFunction(_ values: String...) -> Histogram {
        table.find(values)
    }

    @Sendable func write(to output: inout PrometheusText) {
        output.family(name, .histogram, help: help)
        for (labels, histogram) in table.all() { histogram.write(name, labels, to: &output) }
    }
}
