import Bytes

extension Configuration.Edge.Policy {
    /// A host or many, in lower case.
    public enum Host: Sendable, Hashable {
        case name(ExactText)
        /// With the port: `app.example.com:8443`.
        case nameAndPort(ExactText)
        /// `*.example.com`, without the star and the dot.
        case below(ExactText)
    }

    /// A path or many, taken apart.
    public struct Path: Sendable, Hashable {
        public enum Part: Sendable, Hashable {
            case text(String)
            /// `{name}` or `{*}`: one character or more, none of them a slash.
            case segment
            /// `{**}`, or a `*` at the end.
            case anything
        }

        public var parts: [Part]
    }
}

extension Schema<Configuration.Edge.Policy.Host?> {
    /// Nil: every host.
    static var policyHost: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if text == "*" { return nil }
            guard !text.containsByte("/") else {
                throw Mistake("\(quoted(text)) is more than a host", hint: "write the host alone, and path beside it")
            }
            let below = text.afterBytes(of: "*.")
            let written = below ?? text[...]
            let (host, port) = written.endsWithByte("]") ? (written, nil) : cutPort(written)
            // Names that end in a dot are the same names, and requests for them are refused.
            let name = host.beforeBytes(of: ".") ?? host
            guard let authority = Authority(name), authority.port == nil, below == nil || !name.startsWithByte("[") else {
                throw Mistake(
                    "\(quoted(text)) is not a host", hint: "write for example app.example.com, *.example.com or *")
            }
            guard let port else { return below == nil ? .name(authority.host.exact) : .below(authority.host.exact) }
            guard let whole = Authority("\(name):\(port)") else {
                throw Mistake("\(quoted(text)) has no port behind the colon", hint: "write for example app.example.com:8443")
            }
            guard below == nil else {
                throw Mistake("\(quoted(text)) has a star and a port", hint: "a name with a star stands for every port")
            }
            return .nameAndPort(whole.text.exact)
        }
    }

    private static func cutPort(_ text: Substring) -> (host: Substring, port: Substring?) {
        text.cutLast(at: ":").map { ($0.before, $0.after) } ?? (text, nil)
    }
}

extension Schema<[Configuration.Edge.Policy.Path]?> {
    /// Nil: every path. `/api/*` is two patterns: what is below, and `/api` itself.
    static var policyPaths: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if text == "*" || text == "/*" { return nil }
            guard text.startsWithByte("/") else {
                throw Mistake("\(quoted(text)) does not begin with a slash", hint: "write /\(text)")
            }
            let path = try Configuration.Edge.Policy.Path(reading: text)
            guard let whole = text.beforeBytes(of: "/*"), path.parts.count >= 2 else { return [path] }
            return [try Configuration.Edge.Policy.Path(reading: String(whole)), path]
        }
    }
}

extension Configuration.Edge.Policy.Path {
    fileprivate init(reading text: String) throws(Mistake) {
        try Self.checkText(text)
        var parts: [Part] = []
        var literal = ""
        var hasSegment = false
        var hasAnything = false
        func end() {
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
        }
        // All of it is ASCII.
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                guard rest.isEmpty else {
                    throw Mistake(
                        "\(quoted(text)) has a * in the middle", hint: "write {*} for one segment, {**} for anything")
                }
                guard !hasAnything else { throw Mistake("\(quoted(text)) stands for anything twice") }
                end()
                parts.append(.anything)
            case UInt8(ascii: "{"):
                guard let close = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw Mistake("\(quoted(text)) has a { without a }", hint: "write for example /models/{name}")
                }
                let name = text[rest.startIndex..<close]
                rest = rest[rest.index(after: close)...]
                end()
                if name == "**" {
                    guard !hasAnything else { throw Mistake("\(quoted(text)) stands for anything twice") }
                    hasAnything = true
                    parts.append(.anything)
                } else {
                    guard name == "*" || Self.isName(name) else {
                        throw Mistake(
                            "{\(name)} is not a placeholder", hint: "write {name} or {*} for one segment, {**} for anything")
                    }
                    guard !hasSegment else {
                        throw Mistake("\(quoted(text)) has two placeholders in one segment", hint: "write one of them")
                    }
                    hasSegment = true
                    parts.append(.segment)
                }
            case UInt8(ascii: "}"): throw Mistake("\(quoted(text)) has a } without a {")
            default:
                if byte == UInt8(ascii: "/") { hasSegment = false }
                literal.unicodeScalars.append(UnicodeScalar(byte))
            }
        }
        end()
        self.init(parts: parts)
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// What no normalized path has would never fit, and might be meant to protect something.
    private static func checkText(_ text: String) throws(Mistake) {
        guard !text.containsByte("?"), !text.containsByte("#") else {
            throw Mistake("\(quoted(text)) is more than a path", hint: "the query is not looked at")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Mistake("\(quoted(text)) has characters that no path has", hint: "write their UTF-8 bytes as %C3%A9")
        }
        let segments = text.cut(at: "/").dropFirst()
        for (number, segment) in segments.enumerated() {
            guard segment != ".", segment != ".." else {
                throw Mistake("\(quoted(text)) has a dot segment, which no request has when it is judged", hint: "resolve it")
            }
            guard !segment.isEmpty || number == segments.count - 1 else {
                throw Mistake("\(quoted(text)) has two slashes in a row, which no request has when it is judged")
            }
        }
        for escape in text.cut(at: "%").dropFirst() {
            let digits = escape[
                ..<(escape.utf8.index(escape.startIndex, offsetBy: 2, limitedBy: escape.endIndex) ?? escape.endIndex)]
            guard digits.utf8.count == 2, digits.utf8.allSatisfy(\.isASCIIHexDigit), let value = UInt8(digits, radix: 16) else {
                throw Mistake("\(quoted(text)) has a % without two hexadecimal digits")
            }
            let scalar = UnicodeScalar(value)
            let isUnreserved = value < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(value))
            if isUnreserved || "-._~".unicodeScalars.contains(scalar) {
                throw Mistake(
                    "%\(digits) stands for \(scalar)", hint: "write \(scalar): requests are decoded before they are judged")
            }
            if "/\\#".unicodeScalars.contains(scalar) || value == 0 {
                throw Mistake("paths with %\(digits) are refused before any policy", hint: "see docs/edge/policies.md")
            }
        }
    }
}
