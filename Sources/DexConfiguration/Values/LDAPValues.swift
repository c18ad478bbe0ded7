import Bytes
import FoundationEssentials

extension Schema<[Configuration.Connector.LDAPHost]> {
    /// One server, several with commas, or a list: `ldap.example.com`, `10.0.0.1:389`, `[2001:db8::1]:636`.
    static func ldapHosts(defaultPort: Int) -> Schema {
        Schema { place, loading in
            if case .sequence = place.value.content {
                let lists = Schema<[[Configuration.Connector.LDAPHost]]>.list(of: text(defaultPort)).read(place, loading) ?? []
                return lists.isEmpty ? nil : lists.flatMap(\.self)
            }
            return text(defaultPort).read(place, loading)
        }
    }

    private static func text(_ defaultPort: Int) -> Schema {
        Schema<String>.text.map { text throws(Mistake) in
            var hosts: Value = []
            for part in text.cut(at: ",") {
                hosts.append(try host(String(part.trimmed { $0 == UInt8(ascii: " ") }), defaultPort))
            }
            return hosts
        }
    }

    private static func host(_ text: String, _ defaultPort: Int) throws(Mistake) -> Configuration.Connector.LDAPHost {
        guard !text.containsBytes(of: "://") else {
            throw Mistake("the host \(quoted(text)) is an address with a scheme", hint: "write the name and the port only")
        }
        var name = text[...]
        var port: Substring?
        if let inner = text.afterBytes(of: "["), let (address, rest) = inner.cutOnce(at: "]") {
            name = address
            port = rest.afterBytes(of: ":")
            guard rest.isEmpty || port != nil else { throw notAHost(text) }
        } else if let (before, after) = text.cutOnce(at: ":"), !after.containsByte(":") {
            (name, port) = (before, after)
        }
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":")].contains(byte)
        }
        guard !name.isEmpty, isName else { throw notAHost(text) }
        guard let port else { return .init(name: String(name), port: defaultPort) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw Mistake("\(quoted(String(port))) is not a port", hint: "a number from 1 to 65535")
        }
        return .init(name: String(name), port: number)
    }

    private static func notAHost(_ text: String) -> Mistake {
        Mistake("\(quoted(text)) is not a host", hint: "write for example ldap.example.com:636")
    }
}

extension Schema<String> {
    /// The name of an attribute, maybe with options or a matching rule: letters, digits and `-.;:_` (RFC 4512 §2.5).
    static var ldapAttribute: Schema {
        text.map { text throws(Mistake) in
            let isName = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || Array("-.;:_".utf8).contains(byte)
            }
            guard isName else { throw Mistake("\(quoted(text)) is not the name of an attribute", hint: "for example uid") }
            return text
        }
    }

    /// A search filter (RFC 4515); only its parentheses are looked at.
    static var ldapFilter: Schema {
        text.map { text throws(Mistake) in
            var depth = 0
            for (index, byte) in text.utf8.enumerated() {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                let isLast = index == text.utf8.count - 1
                if depth < 0 || (depth == 0 && !isLast) {
                    throw Mistake(
                        "\(quoted(text)) is not a filter", hint: "one pair of parentheses around it: (objectClass=person)")
                }
            }
            guard depth == 0 else { throw Mistake("the filter \(quoted(text)) lacks a closing parenthesis") }
            return text
        }
    }

    /// The name of a domain.
    static var domain: Schema {
        text.map { text throws(Mistake) in
            let isName = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || Array("-._".utf8).contains(byte)
            }
            guard isName else { throw Mistake("\(quoted(text)) is not a domain", hint: "write for example example.com") }
            return text
        }
    }
}

extension Schema<[String]> {
    /// One attribute, or a list of them.
    static var ldapAttributes: Schema {
        Schema { place, loading in
            guard case .sequence = place.value.content else {
                return Schema<String>.ldapAttribute.read(place, loading).map { [$0] }
            }
            if place.elements.isEmpty {
                loading.problem("empty", hint: "at least one attribute", at: place)
                return nil
            }
            return Schema<[String]>.list(of: .ldapAttribute).read(place, loading)
        }
    }
}

extension Schema<[UInt8]> {
    /// Certificates in PEM, or their base64 as in Dex.
    static var pemData: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let begin = "-----BEGIN CERTIFICATE-----"
            if text.containsBytes(of: begin) { return Array(text.utf8) }
            let packed = text.withoutASCIIWhitespace
            guard let data = Data(base64Encoded: packed), String(decoding: data, as: UTF8.self).containsBytes(of: begin) else {
                throw Mistake("not certificates in PEM", hint: "write the PEM text, or its base64")
            }
            return Array(data)
        }
    }
}

extension Schema<Duration> {
    /// How long somebody may be kept waiting.
    static var waitingTime: Schema {
        positiveDuration.map { duration throws(Mistake) in
            guard duration >= .milliseconds(100), duration <= .seconds(60) else { throw Mistake("must be from 100ms to 60s") }
            return duration
        }
    }
}
