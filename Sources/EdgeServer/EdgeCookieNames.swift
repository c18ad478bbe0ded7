/// The cookies that are the edge's own: `name`, and `name_0`, `name_1` … when a value is divided, and those of log-ins
/// under way, whose names begin alike. No backend sees them, and none sets them.
public struct EdgeCookieNames: Sendable {
    let names: [String]
    private let prefixes: [String]

    /// - Parameter prefixes: what further cookies of the edge begin with.
    public init(_ names: [String], prefixes: [String] = []) {
        self.names = names
        self.prefixes = prefixes
    }

    func contains(_ name: some StringProtocol) -> Bool {
        prefixes.contains { name.utf8.starts(with: $0.utf8) } || isNamed(name)
    }

    private func isNamed(_ name: some StringProtocol) -> Bool {
        names.contains { own in
            guard name.utf8.starts(with: own.utf8) else { return false }
            let rest = name.utf8.dropFirst(own.utf8.count)
            if rest.isEmpty { return true }
            return rest.first == UInt8(ascii: "_") && rest.count > 1
                && rest.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }

    /// Whether one of them is in a `Cookie` field.
    func occur(in cookie: String) -> Bool {
        !names.isEmpty && cookie.split(separator: ";").contains { contains(Self.name(of: $0)) }
    }

    /// A `Cookie` field without them; nil when nothing is left.
    func removed(from cookie: String) -> String? {
        guard occur(in: cookie) else { return cookie }
        let left = cookie.split(separator: ";").filter { !contains(Self.name(of: $0)) }
        let text = left.map { String($0.drop { $0 == " " || $0 == "\t" }) }.joined(separator: "; ")
        return text.isEmpty ? nil : text
    }

    /// Whether a `Set-Cookie` field sets one of them.
    func areSet(by setCookie: String) -> Bool {
        !names.isEmpty && contains(Self.name(of: setCookie.prefix { $0 != ";" }))
    }

    private static func name(of pair: Substring) -> Substring {
        var name = pair.prefix { $0 != "=" }.drop { $0 == " " || $0 == "\t" }
        while let last = name.last, last == " " || last == "\t" { name.removeLast() }
        return name
    }
}
