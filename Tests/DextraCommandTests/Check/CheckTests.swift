import DexConfiguration
import JOSE
import Testing

@testable import dextra

@Suite("dextra check")
struct CheckTests {
    private static let goodYAML = """
        issuer: https://sso.example.com/dex
        storage: {type: memory}
        web: {http: ":5556"}
        enablePasswordDB: true
        """

    private func report(_ yaml: String, lenient: Bool = false) -> CheckReport {
        CheckReport(file: "c.yaml", yaml: yaml) { (yaml) throws(InvalidConfiguration) in
            try Configuration.load(yaml: yaml, file: "c.yaml", environment: [:], options: LoadOptions(lenient: lenient)) { _ in ""
            }
        }
    }

    @Test("a good file is summed up")
    func good() {
        let report = report(Self.goodYAML)
        #expect(report.isUsable)
        #expect(report.text.hasPrefix("c.yaml: good\n  issuer      https://sso.example.com/dex\n"))
        #expect(report.json["valid"] == true)
        #expect(report.json["summary"]?["connectors"]?.array?.first?["id"] == "local")
    }

    @Test("every problem has its line, and the summary counts them")
    func bad() {
        let report = report(Self.goodYAML + "\nsomethingNew: 1\nexpiry: {idTokens: 1d}")
        #expect(!report.isUsable)
        #expect(report.text.contains("c.yaml:5:1: somethingNew: unknown key"))
        #expect(report.text.contains("c.yaml:6:20: expiry.idTokens: "))
        #expect(report.text.hasSuffix("c.yaml: 2 problems"))
        #expect(report.json["valid"] == false)
        #expect(report.json["summary"] == nil)
        #expect(report.json["problems"]?.array?.map { $0["line"] } == [5, 6])
        #expect(
            report.json["problems"]?.array?.first?.object?.members.map(\.name) == [
                "file", "line", "column", "path", "message", "hint",
            ])
    }

    @Test("what is forgiven is still said")
    func lenient() {
        let report = report(Self.goodYAML + "\nsomethingNew: 1", lenient: true)
        #expect(report.isUsable)
        #expect(report.text.contains("warning: c.yaml:5:1: somethingNew"))
        #expect(report.text.contains("c.yaml: usable, with 1 warning"))
        #expect(report.json["warnings"]?.array?.count == 1)
    }

    @Test("headers that a proxy must hand on are all told, where a proxy asks")
    func edgeHeaders() {
        let claims = "\nedge: {headers: {authorization: remove, claims: {X-Team: team, x-Dept: department}}}"
        let report = report(Self.goodYAML + claims)
        let line = report.text.split(separator: "\n").first { $0.hasPrefix("  edge headers") }
        let told = Set(line?.split(separator: " ").dropFirst(2).map(String.init) ?? [])
        #expect(told.isSuperset(of: ["authorization", "x-team", "x-dept", "x-auth-request-email", "kubeflow-userid"]))
        #expect(report.text.contains("allowed_upstream_headers"))
        #expect(report.json["summary"]?["edgeHeaders"]?.array?.compactMap(\.string).count == told.count)

        #expect(!self.report(Self.goodYAML).text.contains("edge headers"))
        let reverse =
            "\nedge: {listen: {http: ':1'}, upstreams: [{url: 'http://127.0.0.1:1'}], headers: {claims: {X-Team: team}}}"
        let told2 = self.report(Self.goodYAML + reverse)
        #expect(told2.isUsable)
        #expect(!told2.text.contains("edge headers"))
    }
}
