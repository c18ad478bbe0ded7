extension Configuration.Edge.Policy {
    /// A host or many, in lower case.
    public enum Host: Sendable, Hashable {
        case name(String)
        /// With the port: `app.example.com:8443`.
        case nameAndPort(String)
        /// `*.example.com`, without the star and the dot.
        case below(String)
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
            guard !text.contains("/") else {
                throw Mistake("\(quoted(text)) is more than a host", hint: "write the host alone, and path beside it")
            }
            var (name, port) = (text.lowercased(), String?.none)
            if !name.hasPrefix("[") || !name.hasSuffix("]"), let colon = name.lastIndex(of: ":") {
                port = String(name[name.index(after: colon)...])
                name = String(name[..<colon])
                guard let number = port.flatMap({ UInt16($0) }), number > 0 else {
                    throw Mistake("\(quoted(text)) has no port behind the colon", hint: "write for example app.example.com:8443")
                }
            }
            if name.hasSuffix(".") { name.removeLast() }
            let isBelow = name.hasPrefix("*.")
            if isBelow { name.removeFirst(2) }
            let isAddress = name.hasPrefix("[") && name.hasSuffix("]") && IPAddress(String(name.dropFirst().dropLast())) != nil
            let isName = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty
                    && label.utf8.allSatisfy {
                        $0 < 0x80
                            && (Character(UnicodeScalar($0)).isLetter
                                || Character(UnicodeScalar($0)).isNumber || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_"))
                    }
            }
            guard isName || isAddress, !(isAddress && isBelow) else {
                throw Mistake(
                    "\(quoted(text)) is not a host", hint: "write for example app.example.com, *.example.com or *")
            }
            if isBelow {
                guard port == nil else {
                    throw Mistake("\(quoted(text)) has a star and a port", hint: "a name with a star stands for every port")
                }
                return .below(name)
            }
            return port.map { .nameAndPort("\(name):\($0)") } ?? .name(name)
        }
    }
}

extension Schema<[Configuration.Edge.Policy.Path]?> {
    /// Nil: every path. `/api/*` is two patterns: what is below, and `/api` itself.
    static var policyPaths: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if text == "*" || text == "/*" { return nil }
            guard text.hasPrefix("/") else {
                throw Mistake("\(quoted(text)) does not begin with a slash", hint: "write /\(text)")
            }
            let path = try Configuration.Edge.Policy.Path(reading: text)
            guard text.hasSuffix("/*"), path.parts.count >= 2 else { return [path] }
            return [try Configuration.Edge.Policy.Path(reading: String(text.dropLast(2))), path]
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
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "*":
                guard rest.isEmpty else {
                    throw Mistake(
                        "\(quoted(text)) has a * in the middle", hint: "write {*} for one segment, {**} for anything")
                }
                guard !hasAnything else { throw Mistake("\(quoted(text)) stands for anything twice") }
                end()
                parts.append(.anything)
            case "{":
                guard let close = rest.firstIndex(of: "}") else {
                    throw Mistake("\(quoted(text)) has a { without a }", hint: "write for example /models/{name}")
                }
                let name = rest[..<close]
                rest = rest[rest.index(after: close)...]
                end()
                if name == "**" {
                    guard !hasAnything else { throw Mistake("\(quoted(text)) stands for anything twice") }
                    hasAnything = true
                    parts.append(.anything)
                } else {
                    guard
                        name == "*" || (!name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" })
                    else {
                        throw Mistake(
                            "{\(name)} is not a placeholder", hint: "write {name} or {*} for one segment, {**} for anything")
                    }
                    guard !hasSegment else {
                        throw Mistake("\(quoted(text)) has two placeholders in one segment", hint: "write one of them")
                    }
                    hasSegment = true
                    parts.append(.segment)
                }
            case "}": throw Mistake("\(quoted(text)) has a } without a {")
            default:
                if character == "/" { hasSegment = false }
                literal.append(character)
            }
        }
        end()
        self.init(parts: parts)
    }

    /// What no normalized path has would never fit, and might be meant to protect something.
    private static func checkText(_ text: String) throws(Mistake) {
        guard !text.contains("?"), !text.contains("#") else {
            throw Mistake("\(quoted(text)) is more than a path", hint: "the query is not looked at")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Mistake("\(quoted(text)) has characters that no path has", hint: "write their UTF-8 bytes as %C3%A9")
        }
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (number, segment) in segments.enumerated() {
            guard segment != ".", segment != ".." else {
                throw Mistake("\(quoted(text)) has a dot segment, which no request has when it is judged", hint: "resolve it")
            }
            guard !segment.isEmpty || number == segments.count - 1 else {
                throw Mistake("\(quoted(text)) has two slashes in a row, which no request has when it is judged")
            }
        }
        var rest = Substring(text)
        while let percent = rest.firstIndex(of: "%") {
            let digits = rest[rest.index(after: percent)...].prefix(2)
            guard digits.count == 2, let value = UInt8(digits, radix: 16) else {
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
            rest = rest[rest.index(percent, offsetBy: 3)...]
        }
    }
}
