import Bytes

@testable import Edge

/// A host with or without a port, read by all who read hosts.
struct AuthorityTarget: FuzzTarget {
    static let name = "authority"

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        let authority = Authority(text)
        if let authority {
            check(text.isASCII, "it is not ASCII")
            check(authority.text.hasSameBytes(as: text.asciiLowercased), "\(authority.text) was \(text)")
            check(Authority(authority.text) == authority, "\(authority.text) is read as another")
            for scheme in ["http", "https"] {
                let short = authority.withoutDefaultPort(scheme: scheme)
                check(Authority(short.text) == short && short.host.hasSameBytes(as: authority.host), "\(short.text)")
            }
        }
        for mark in ["\u{301}", "\u{338}", "\u{200d}", "."] where Authority(text + mark) != nil {
            fail("with a mark behind it is a host")
        }
        for scheme in ["http", "https"] {
            for end in ["", "/", "/x?y", "?x", "#x"] {
                guard let origin = WebOrigin(of: "\(scheme)://\(text)\(end)") else { continue }
                guard let again = WebOrigin(of: origin.text) else { fail("\(origin.text) is no origin") }
                check(again.text.hasSameBytes(as: origin.text), "\(origin.text) becomes \(again.text)")
                let written = text.cut(at: "/")[0].cut(at: "?")[0].cut(at: "#")[0]
                guard let known = Authority(written) else { fail("\(origin.text) is an origin and \(written) no authority") }
                check(
                    known.host.hasSameBytes(as: origin.host) && known.port == origin.port,
                    "\(origin.text) and \(known.text) differ")
            }
        }
        guard let allowed = AllowedHost(text) else { return }
        for name in ["a.example", "x.a.example", "xa.example", "\u{212a}.example", "k.example", "[::1]", "a.example:8080"] {
            guard let origin = WebOrigin(of: "https://\(name)/") else { continue }
            guard allowed.allows(origin) else { continue }
            check(
                origin.host.hasSameBytes(as: allowed.name)
                    || allowed.takesSubdomains && origin.host.endsWithBytes(of: "." + allowed.name),
                "\(text) allows \(origin.text)")
        }
    }
}
