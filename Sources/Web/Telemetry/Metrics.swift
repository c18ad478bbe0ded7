import Bytes
import Synchronization

/// All numbers that `/metrics` shows. Made once at the start and passed to whoever counts.
///
/// Counting is an atomic addition; the registry's lock is taken to make a series and to render.
public final class Metrics: Sendable {
    private let collectors = Mutex<[@Sendable (inout PrometheusText) -> Void]>([])
    private let gauges = Mutex<[Gauge]>([])

    private struct Gauge: Sendable {
        let kind: PrometheusText.Kind
        let name: String
        let help: String
        var readers: [(labels: [(String, String)], read: @Sendable () -> Double?)]
    }

    /// Every application that shares this registry counts here.
    let requests = RequestMetrics()

    public init() {
        collect(requests.write)
    }

    /// A family of counters, told apart by the values of `labels`. The name ends in `_total`.
    public func counter(_ name: String, help: String, labels: [String] = []) -> CounterFamily {
        let family = CounterFamily(name: name, help: help, labels: labels)
        collect(family.write)
        return family
    }

    /// A number that is read when someone asks. The same name may be given again with other labels.
    /// - Parameter read: called on the thread that renders: quick, never waiting. `nil` leaves the sample out.
    public func gauge(
        _ name: String, help: String, labels: [(String, String)] = [], read: @escaping @Sendable () -> Double?
    ) {
        add(.gauge, name, help, labels, read)
    }

    /// A number that only grows and that somebody else keeps; its name ends in `_total`. Otherwise as a gauge.
    public func counter(
        _ name: String, help: String, labels: [(String, String)] = [], read: @escaping @Sendable () -> Double?
    ) {
        add(.counter, name, help, labels, read)
    }

    private func add(
        _ kind: PrometheusText.Kind, _ name: String, _ help: String, _ labels: [(String, String)],
        _ read: @escaping @Sendable () -> Double?
    ) {
        gauges.withLock { gauges in
            if let index = gauges.firstIndex(where: { $0.name.hasSameBytes(as: name) }) {
                gauges[index].readers.append((labels, read))
            } else {
                gauges.append(Gauge(kind: kind, name: name, help: help, readers: [(labels, read)]))
            }
        }
    }

    /// - Parameter bounds: upper bounds of the buckets, rising.
    public func histogram(_ name: String, help: String, labels: [String] = [], bounds: [Double]) -> HistogramFamily {
        let family = HistogramFamily(name: name, help: help, labels: labels, bounds: bounds)
        collect(family.write)
        return family
    }

    /// Adds a writer of whole families, for what keeps its numbers itself.
    func collect(_ write: @escaping @Sendable (inout PrometheusText) -> Void) {
        collectors.withLock { $0.append(write) }
    }

    /// Prometheus text format 0.0.4: `text/plain; version=0.0.4`.
    public func render() -> String {
        var output = PrometheusText()
        for write in collectors.withLock({ $0 }) { write(&output) }
        for gauge in gauges.withLock({ $0 }) {
            output.family(gauge.name, gauge.kind, help: gauge.help)
            for reader in gauge.readers {
                if let value = reader.read() { output.sample(gauge.name, reader.labels, value) }
            }
        }
        return output.text
    }
}
