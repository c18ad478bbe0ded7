import Bytes
import Edge
import HTTPTypes
import Web

@testable import EdgeServer

/// Four lines (host, target, method, scheme), then what the client writes by itself. Each dialect's proxy puts its question together
/// as its recipe says; what is read out of it must be what was put in.
struct ForwardedTarget: FuzzTarget {
    static let name = "forwarded"
    private let reader: ForwardedRequests

    init() throws {
        reader = ForwardedRequests(
            trusted: try ClientAddressRule(header: "X-Forwarded-For", trustedProxies: ["10.0.0.0/8"]), needsMethod: true,
            needsPath: true)
    }

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        let lines = text.cut(at: "\n").map(String.init)
        guard lines.count >= 4, lines[1].startsWithByte("/") else { return }
        let (host, target, method) = (lines[0], lines[1], lines[2])
        // nginx refuses it: in the URL that ingress-nginx puts together nobody could tell where the host ends.
        guard !host.containsByte("/") else { return }
        let scheme = lines[3] == "https" ? "https" : "http"
        let own = lines[4...].compactMap { line -> (String, String)? in
            line.cutOnce(at: ":").map { (String($0.before), String($0.after.trimmedOfOptionalWhitespace)) }
        }
        var read: [EdgeRequest] = []
        for dialect in ProxyDialect.allCases {
            let written = Self.question(dialect, host, target, method, scheme)
            guard let request = ask(written, dialect) else { continue }
            read.append(request)
            check(Authority(request.host) != nil, "\(dialect) host \(request.host) is no authority")
            check(request.host.hasSameBytes(as: host.asciiLowercased), "\(dialect) host \(request.host) was \(host)")
            check(request.method.hasSameBytes(as: method), "\(dialect) method \(request.method) was \(method)")
            let wholeTarget = target.endsWithByte("?") && !request.query.endsWithByte("?") ? request.target + "?" : request.target
            check(wholeTarget.hasSameBytes(as: target), "\(dialect) target \(request.target) was \(target)")
            check(request.path.startsWithByte("/") && !request.path.containsByte("?"), "\(dialect) path \(request.path)")
            // What the client writes by itself changes nothing, as long as it is none of the fields that the proxy writes.
            let names = written.map(\.0)
            let extra = own.filter { field in !names.contains { $0.hasSameBytesFoldingASCII(as: field.0) } }
            if let again = ask(written + extra, dialect) {
                check(
                    again.host.hasSameBytes(as: request.host) && again.target.hasSameBytes(as: request.target)
                        && again.method.hasSameBytes(as: request.method) && again.scheme.hasSameBytes(as: request.scheme),
                    "\(dialect): the client's own \(extra) changed what is judged")
            }
        }
        // Nobody in particular asks: what is read is what the client wrote, or nothing.
        if let request = ask(own, nil) {
            check(Authority(request.host) != nil, "host \(request.host) is no authority")
            check(request.path.startsWithByte("/"), "path \(request.path)")
        }
        _ = try? AllowedList(query: String(target))
    }

    private func ask(_ fields: [(String, String)], _ dialect: ProxyDialect?) -> EdgeRequest? {
        var headers = HTTPFields()
        for (name, value) in fields {
            guard let name = HTTPField.Name(name), HTTPField.isValidValue(value) else { return nil }
            let field = HTTPField(name: name, value: value)
            // A transport drops white space at the ends; then it was another text.
            guard field.value.hasSameBytes(as: value) else { return nil }
            headers.append(field)
        }
        return try? reader.told(WebRequest(path: "/oauth2/auth", headers: headers, peerAddress: "10.0.0.1"), by: dialect)
    }

    /// As docs/edge/proxies.md has it.
    private static func question(
        _ dialect: ProxyDialect, _ host: String, _ target: String, _ method: String, _ scheme: String
    ) -> [(String, String)] {
        switch dialect {
        case .nginx:
            [("Host", host), ("X-Original-URI", target), ("X-Original-Method", method), ("X-Forwarded-Proto", scheme)]
        case .ingressNginx:
            [("Host", "auth.svc"), ("X-Original-URL", "\(scheme)://\(host)\(target)"), ("X-Original-Method", method)]
        case .traefik, .caddy, .haproxy, .apache:
            [
                ("Host", "auth.svc"), ("X-Forwarded-Host", host), ("X-Forwarded-Uri", target), ("X-Forwarded-Method", method),
                ("X-Forwarded-Proto", scheme),
            ]
        }
    }
}
