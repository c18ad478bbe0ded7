import Bytes

typealias IstioSubject = IstioManifests.Subject

/// Reads fields of sources, operations and conditions: each with its opposite.
struct IstioFields {
    let keys: Keys
    private(set) var matches: [IstioManifests.Match] = []

    init(_ keys: Keys) { self.keys = keys }

    /// Reads `name` and its opposite: `principals` and `notPrincipals`.
    mutating func read<Value>(_ name: String, _ schema: Schema<Value>, _ subject: ([Value]) -> IstioSubject) {
        let second = name.utf8.index(after: name.startIndex)
        let opposite = "not" + name[..<second].asciiUppercased + name[second...]
        for (key, isNegated) in [(name, false), (opposite, true)] {
            guard let values = keys(key, .values(of: schema)) else { continue }
            matches.append(IstioManifests.Match(label: key, isNegated: isNegated, subject: subject(values)))
        }
    }
}

extension Schema {
    /// A list with something in it: an empty one would be no condition at all, as Istio takes it.
    static func values<Element>(of element: Schema<Element>) -> Schema where Value == [Element] {
        Schema { place, loading in
            guard let values = Schema<[Element]>.list(of: element).read(place, loading) else { return nil }
            if place.elements.isEmpty {
                loading.problem("an empty list is no condition", hint: "remove the key, or write values", at: place)
                return nil
            }
            return values.isEmpty ? nil : values
        }
    }
}

extension Schema<[IstioManifests.Match]> {
    /// The wrapper `source:`.
    static func source(_ action: IstioManifests.AuthorizationPolicy.Action, _ namespace: String) -> Schema {
        .mapping(isStrict: true) { keys in
            keys.required(
                "source",
                .mapping(isStrict: true) { keys in
                    var fields = IstioFields(keys)
                    fields.read("principals", .text) { .principals($0) }
                    fields.read("requestPrincipals", .text) { .requestPrincipals($0) }
                    fields.read("namespaces", .text) { .namespaces($0) }
                    fields.read("serviceAccounts", .serviceAccount(in: namespace)) { .serviceAccounts($0) }
                    fields.read("trustDomains", .trustDomain) { .trustDomains($0) }
                    fields.read("ipBlocks", .addressRangeOrAddress) { .peerAddresses($0) }
                    fields.read("remoteIpBlocks", .addressRangeOrAddress) { .clientAddresses($0) }
                    checkSource(fields.matches, action, keys)
                    return fields.matches
                })
        }
    }

    private static func checkSource(
        _ matches: [IstioManifests.Match], _ action: IstioManifests.AuthorizationPolicy.Action, _ keys: Keys
    ) {
        if case .mapping(let entries) = keys.mapping.value.content, entries.isEmpty {
            keys.problem("an empty source", hint: "remove from for every source")
        }
        let labels = Set(matches.map(\.label.exact))
        let accounts = labels.intersection(["serviceAccounts", "notServiceAccounts"])
        let others = labels.intersection(["principals", "notPrincipals", "namespaces", "notNamespaces"])
        if let account = accounts.sorted().first, !others.isEmpty, let place = keys[account.text] {
            keys.loading.problem("cannot stand beside principals or namespaces", hint: "write one of them", at: place)
        }
        guard action == .custom else { return }
        for label in labels.sorted() where !label.text.asciiLowercased.endsWithBytes(of: "ipblocks") {
            if let place = keys[label.text] {
                keys.loading.problem("not possible with CUSTOM, which comes before tokens are read", at: place)
            }
        }
    }

    /// The wrapper `operation:`.
    static var operation: Schema {
        .mapping(isStrict: true) { keys in
            keys.required(
                "operation",
                .mapping(isStrict: true) { keys in
                    var fields = IstioFields(keys)
                    fields.read("hosts", .text) { .hosts($0.map { $0.asciiLowercased }) }
                    fields.read("ports", .portText) { .ports($0) }
                    fields.read("methods", .text) { .methods($0) }
                    fields.read("paths", .istioPath) { .paths($0) }
                    if case .mapping(let entries) = keys.mapping.value.content, entries.isEmpty {
                        keys.problem("an empty operation", hint: "remove to for every operation")
                    }
                    return fields.matches
                })
        }
    }

    /// An element of `when`.
    static func condition(_ action: IstioManifests.AuthorizationPolicy.Action, _ namespace: String) -> Schema {
        .mapping(isStrict: true) { keys in
            let attribute = keys.required("key", .istioAttribute(action, namespace))
            guard let attribute else {
                _ = keys("values", .anything)
                _ = keys("notValues", .anything)
                return nil
            }
            if keys["values"] == nil, keys["notValues"] == nil {
                keys.problem("neither values nor notValues", hint: "write values: [...]")
            }
            var matches: [IstioManifests.Match] = []
            for (key, isNegated) in [("values", false), ("notValues", true)] {
                guard let subject = keys(key, attribute.subject) else { continue }
                let label = attribute.name + (isNegated ? " notValues" : "")
                matches.append(IstioManifests.Match(label: label, isNegated: isNegated, subject: subject))
            }
            return matches
        }
    }
}

/// A key of `when`, and how its values are read.
struct IstioAttribute {
    let name: String
    let subject: Schema<IstioSubject>
}

extension Schema<IstioAttribute> {
    fileprivate static func istioAttribute(
        _ action: IstioManifests.AuthorizationPolicy.Action, _ namespace: String
    ) -> Schema {
        Schema<String>.text.map { name throws(Mistake) in
            let isEarly = name.startsWithBytes(of: "source.") && name != "source.ip" || name.startsWithBytes(of: "request.auth.")
            if action == .custom, isEarly {
                throw Mistake("\(name) is not possible with CUSTOM, which comes before tokens are read")
            }
            return IstioAttribute(name: name, subject: try subject(name, namespace))
        }
    }

    private static let names = [
        "request.headers[NAME]", "source.ip", "remote.ip", "source.namespace", "source.principal", "source.serviceAccount",
        "source.trustDomain", "request.auth.principal", "request.auth.audiences", "request.auth.presenter",
        "request.auth.claims[NAME]", "destination.ip", "destination.port", "connection.sni",
    ]

    private static func subject(_ name: String, _ namespace: String) throws(Mistake) -> Schema<IstioSubject> {
        func texts(_ element: Schema<String> = .text, _ make: @escaping ([String]) -> IstioSubject) -> Schema<IstioSubject> {
            Schema<[String]>.values(of: element).map { values throws(Mistake) in make(values) }
        }
        func addresses(_ make: @escaping ([AddressRange]) -> IstioSubject) -> Schema<IstioSubject> {
            Schema<[AddressRange]>.values(of: .addressRangeOrAddress).map { values throws(Mistake) in make(values) }
        }
        switch name {
        case "source.ip": return addresses { .peerAddresses($0) }
        case "remote.ip": return addresses { .clientAddresses($0) }
        case "destination.ip": return addresses { .destinationAddresses($0) }
        case "destination.port":
            return Schema<[Int]>.values(of: .portText).map { values throws(Mistake) in .ports(values) }
        case "source.namespace": return texts { .namespaces($0) }
        case "source.principal": return texts { .principals($0) }
        case "source.serviceAccount": return texts(.serviceAccount(in: namespace)) { .serviceAccounts($0) }
        case "source.trustDomain": return texts(.trustDomain) { .trustDomains($0) }
        case "request.auth.principal": return texts { .requestPrincipals($0) }
        case "request.auth.audiences": return texts { .audiences($0) }
        case "request.auth.presenter": return texts { .presenters($0) }
        case "connection.sni": return texts { .serverNames($0) }
        default: break
        }
        if name.startsWithBytes(of: "request.headers") {
            let header = try bracketed(name, behind: "request.headers")
            guard header.count == 1 else { throw Mistake("\(quoted(name)) names several headers") }
            return texts { .header(header[0].asciiLowercased, $0) }
        }
        if name.startsWithBytes(of: "request.auth.claims") {
            let path = try bracketed(name, behind: "request.auth.claims")
            return texts { .claim(path, $0) }
        }
        if name.startsWithBytes(of: "experimental.") {
            throw Mistake("\(name) is Envoy's own metadata, which the edge does not see", hint: "write request.auth.claims[...]")
        }
        if name == "destination.namespace" { throw Mistake("\(name) is what metadata.namespace says", hint: "remove it") }
        if name.startsWithBytes(of: "destination.labels") { throw Mistake("\(name) is what selector says", hint: "remove it") }
        let closest = Suggestion.closest(to: name, among: names).map { "did you mean \($0)?" }
        throw Mistake("unknown key \(quoted(name))", hint: closest ?? "one of \(names.joined(separator: ", "))")
    }

    /// The names in `[a][b]`. As in Istio, brackets that do not fit each other are part of one name.
    private static func bracketed(_ name: String, behind prefix: String) throws(Mistake) -> [String] {
        guard let inner = name.afterBytes(of: prefix)?.afterBytes(of: "[")?.beforeBytes(of: "]"), !inner.isEmpty else {
            throw Mistake("\(quoted(name)) names nothing", hint: "write \(prefix)[NAME]")
        }
        // `a][b`: what follows a closing bracket begins with an opening one.
        var names = inner.cut(at: "]")
        for number in names.indices.dropFirst() {
            guard let name = names[number].afterBytes(of: "[") else { return [String(inner)] }
            names[number] = name
        }
        guard !names.contains(where: { $0.containsByte("[") || $0.containsByte("]") }) else { return [String(inner)] }
        guard !names.contains("") else { throw Mistake("\(quoted(name)) has empty brackets") }
        return names.map(String.init)
    }
}

extension Schema<Int> {
    /// A port in quotes, as Istio has it.
    fileprivate static var portText: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard let port = UInt16(text) else { throw Mistake("\(quoted(text)) is not a port") }
            return Int(port)
        }
    }
}

extension Schema<String> {
    /// `namespace/name`.
    fileprivate static func serviceAccount(in namespace: String) -> Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let parts = text.cut(at: "/")
            guard !text.containsByte("*"), parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw Mistake("\(quoted(text)) is not a service account", hint: "write name or namespace/name, without *")
            }
            return parts.count == 2 ? text : "\(namespace)/\(text)"
        }
    }

    fileprivate static var trustDomain: Schema {
        Schema<String>.pattern.map { text throws(Mistake) in
            guard !text.containsByte("/") else { throw Mistake("\(quoted(text)) is not a trust domain", hint: "it has no slash") }
            return text
        }
    }
}

extension Schema<IstioManifests.Path> {
    fileprivate static var istioPath: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard text.containsBytes(of: "{*}") || text.containsBytes(of: "{**}") else {
                guard !text.containsByte("{"), !text.containsByte("}") else {
                    throw Mistake("\(quoted(text)) has braces", hint: "only {*} and {**} are templates")
                }
                return .text(text)
            }
            return .template(try Configuration.Edge.Policy.Path(istio: text), text)
        }
    }
}

extension Configuration.Edge.Policy.Path {
    /// Templates as Envoy takes them: whole segments, nothing but literals behind `{**}`.
    fileprivate init(istio text: String) throws(Mistake) {
        guard let path = text.afterBytes(of: "/") else {
            throw Mistake("\(quoted(text)) does not begin with a slash", hint: "write /\(text)")
        }
        var parts: [Part] = []
        var hasAnything = false
        let segments = path.cut(at: "/")
        for (number, segment) in segments.enumerated() {
            parts.append(.text("/"))
            switch segment {
            case "{*}", "{**}":
                guard !hasAnything else {
                    throw Mistake("\(quoted(text)) has a template behind {**}", hint: "{**} must be the last one")
                }
                hasAnything = segment == "{**}"
                parts.append(hasAnything ? .anything : .segment)
            case "" where number == segments.count - 1: break
            default:
                guard !segment.isEmpty, segment.utf8.allSatisfy(Self.isLiteral) else {
                    throw Mistake(
                        "\(quoted(text)) has a segment \(quoted(String(segment))) that is neither a template nor plain text",
                        hint: "a template is a whole segment, and beside one there are no stars")
                }
                parts.append(.text(String(segment)))
            }
        }
        self.init(parts: parts)
    }

    private static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~%!$&'()+,;:@=".utf8.contains(byte)
        }
    }
}
