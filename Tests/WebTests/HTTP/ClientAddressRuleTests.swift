import HTTPTypes
import Testing

@testable import Web

@Suite("The client's address")
struct ClientAddressRuleTests {
    @Test(
        "comes from the header only as far as trusted proxies vouch for it",
        arguments: [
            // peer, header lines, expected
            ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", ["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", ["2001:DB8:0::1"], "2001:db8::1"),
            ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("fd00::7", ["198.51.100.1"], "198.51.100.1"),
            ("fe00::7", ["198.51.100.1"], "fe00::7"),
            ("", ["198.51.100.1"], ""),
        ] as [(String, [String], String)])
    func walked(peer: String, lines: [String], expected: String) throws {
        let rule = try ClientAddressRule(header: "X-Forwarded-For", trustedProxies: ["10.0.0.0/8", "fd00::/8"])
        var headers = HTTPFields()
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        for line in lines { headers.append(HTTPField(name: name, value: line)) }
        #expect(rule.clientAddress(peer: peer, headers: headers) == expected)
    }

    @Test("is the peer's without a header or a trusted proxy")
    func peer() throws {
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        let headers: HTTPFields = [name: "198.51.100.1"]
        #expect(ClientAddressRule.peer.clientAddress(peer: "10.0.0.1", headers: headers) == "10.0.0.1")
        let untrusting = try ClientAddressRule(header: "X-Forwarded-For", trustedProxies: [])
        #expect(untrusting.clientAddress(peer: "10.0.0.1", headers: headers) == "10.0.0.1")
    }

    @Test(
        "rule is refused with a bad range or header",
        arguments: ["10.0.0.0/33", "10.0.0/8", "x", "", "::/129", "10.0.0.0/-1", "10.0.0.0/"])
    func badRange(text: String) {
        #expect(throws: ClientAddressRuleError.invalidRange(text)) {
            try ClientAddressRule(header: "X-Real-IP", trustedProxies: [text])
        }
        #expect(throws: ClientAddressRuleError.invalidHeader("a b")) {
            try ClientAddressRule(header: "a b", trustedProxies: [])
        }
    }

    @Test(
        "ranges hold what they should",
        arguments: [
            ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", true),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("2001:db8::/33", "2001:db8:8000::", false),
        ])
    func ranges(range: String, address: String, expected: Bool) throws {
        let range = try #require(AddressRange(range))
        let address = try #require(IPAddress(address))
        #expect(range.contains(address) == expected)
    }
}
