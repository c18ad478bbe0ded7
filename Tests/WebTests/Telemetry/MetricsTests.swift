import HTTPTypes
import Testing

@testable import Web

@Suite("Metrics")
struct MetricsTests {
    @Test("are written as Prometheus reads them")
    func text() {
        let metrics = Metrics()
        let logins = metrics.counter("dextra_logins_total", help: "Log-ins\nby connector.", labels: ["connector", "outcome"])
        logins("ldap \"x\"", "success").increment()
        logins("local", "success").increment(by: 2)
        let waits = metrics.histogram("wait_seconds", help: "Waits.", bounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 3] { waits().observe(value) }
        metrics.gauge("dextra_queue_depth", help: "Jobs.", labels: [("pool", "a")]) { 3 }
        metrics.gauge("dextra_queue_depth", help: "Jobs.", labels: [("pool", "b")]) { 0.5 }
        metrics.gauge("dextra_key_age_seconds", help: "Age.") { nil }
        let own = metrics.render().split(separator: "\n").filter {
            !$0.contains("http_req") && !$0.contains("request_d") && !$0.contains("response_s")
        }
        #expect(
            own == [
                "# HELP dextra_logins_total Log-ins\\nby connector.", "# TYPE dextra_logins_total counter",
                #"dextra_logins_total{connector="ldap \"x\"",outcome="success"} 1"#,
                #"dextra_logins_total{connector="local",outcome="success"} 2"#,
                "# HELP wait_seconds Waits.", "# TYPE wait_seconds histogram",
                #"wait_seconds_bucket{le="0.5"} 2"#, #"wait_seconds_bucket{le="1"} 3"#, #"wait_seconds_bucket{le="+Inf"} 4"#,
                "wait_seconds_sum 4.5", "wait_seconds_count 4",
                "# HELP dextra_queue_depth Jobs.", "# TYPE dextra_queue_depth gauge",
                #"dextra_queue_depth{pool="a"} 3"#, #"dextra_queue_depth{pool="b"} 0.5"#,
                "# HELP dextra_key_age_seconds Age.", "# TYPE dextra_key_age_seconds gauge",
            ])
    }

    @Test("of requests count prepared answers with all others")
    func requests() {
        let metrics = Metrics()
        let series = metrics.requests.series(code: 200, method: .get, handler: "/keys")
        let prepared = series.prepared(bytes: 1000)
        prepared.increment()
        prepared.increment()
        series.record(seconds: 0.3, bytes: 100)
        let text = metrics.render()
        let labels = #"code="200",method="get",handler="/keys""#
        #expect(text.contains("http_requests_total{\(labels)} 3\n"))
        #expect(text.contains("request_duration_seconds_bucket{\(labels),le=\"0.25\"} 2\n"))
        #expect(text.contains("response_size_bytes_bucket{\(labels),le=\"200\"} 1\n"))
        #expect(text.contains("response_size_bytes_sum{\(labels)} 2100\n"))
    }

    @Test("do not grow with what clients invent")
    func bounded() throws {
        let metrics = Metrics()
        let method = try #require(HTTPRequest.Method("BREW"))
        metrics.requests.series(code: 405, method: method, handler: "/x").record(seconds: 0, bytes: 0)
        #expect(metrics.render().contains(#"method="other""#))
        let family = metrics.counter("c_total", help: "c", labels: ["l"])
        for number in 0..<5000 { family("\(number)").increment() }
        #expect(metrics.render().split(separator: "\n").filter { $0.hasPrefix("c_total") }.count == 2001)
    }
}
