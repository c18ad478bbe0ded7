import Bytes
import DexConfiguration
import Testing

@testable import Dextra

private struct Sample: Hashable {
    enum Kind: Hashable {
        case plain
        case named(String)
        case pair(String, Int)
    }

    var text = "K"
    var perhaps: String?
    var list = ["K", "b"]
    var kind = Kind.plain
    var keyed: [ExactText: String] = ["K": "K", "b": "b", "c": "c"]
    var names: Set<ExactText> = ["K", "b"]
    var time = Duration.seconds(1)
    var inner: [[String]] = [["K"]]
}

@Suite("Settings are compared byte by byte")
struct IsSameByBytesTests {
    @Test func `The same is the same, in whatever order a dictionary was filled`() {
        var other = Sample()
        other.keyed = [:]
        for key in ["c", "b", "K"] as [ExactText] { other.keyed[key] = key.text }
        #expect(isSameByBytes(Sample(), other))
        #expect(isSameByBytes(Sample(perhaps: "a", kind: .pair("K", 1)), Sample(perhaps: "a", kind: .pair("K", 1))))
    }

    private static let changes: [@Sendable (inout Sample) -> Void] = [
        { $0.text = "\u{212A}" }, { $0.perhaps = "" }, { $0.list = ["\u{212A}", "b"] }, { $0.list = ["K"] },
        { $0.kind = .named("K") },
        { $0.keyed["K"] = "\u{212A}" }, { $0.keyed = ["\u{212A}": "K", "b": "b", "c": "c"] }, { $0.names = ["\u{212A}", "b"] },
        { $0.time = .seconds(2) }, { $0.inner = [["\u{212A}"]] },
    ]

    @Test(arguments: changes.indices)
    func `A change is a change, if only of code points`(_ number: Int) {
        var changed = Sample()
        Self.changes[number](&changed)
        #expect(!isSameByBytes(Sample(), changed))
        #expect(!isSameByBytes([changed], [Sample()]))
    }

    @Test func `Words of an enumeration are compared with what they hold`() {
        #expect(!isSameByBytes(Sample(kind: .named("K")), Sample(kind: .named("\u{212A}"))))
        #expect(!isSameByBytes(Sample(kind: .pair("K", 1)), Sample(kind: .pair("K", 2))))
        #expect(!isSameByBytes(Sample(kind: .named("K")), Sample(kind: .plain)))
    }

    @Test(arguments: [
        ("login: {clientID: K8s}", "login"), ("allowedOrigins: ['https://a.test']", nil),
        ("policies: [{host: k.test, allow: [{groups: [K8s]}]}]", nil),
        ("certificates: {issuer: K}", "certificates"),
    ])
    func `A reload notices that a text is spelled with other code points`(_ edge: String, _ changed: String?) throws {
        func read(_ text: String) throws -> Configuration.Edge {
            try Configuration.Edge.loadPolicies(yaml: text, file: "e.yaml", environment: [:]) { _ in "" }.edge
        }
        let (before, after) = (try read(edge), try read(edge.replacing("K", with: "\u{212A}")))
        #expect(before.needingRestart(for: after) == (changed.map { ["edge." + $0] } ?? []))
        #expect(before.needingRestart(for: before) == [])
    }
}
