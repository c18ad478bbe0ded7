import Bytes
import Directory
import OpenIDConnect

/// Finds the groups of people.
struct LDAPGroups: Sendable {
    let settings: LDAPSettings.GroupSearch
    let directory: any DirectoryClient

    /// Values that one search asks for: somebody in 2,000 groups needs 40 searches instead of 2,000.
    private static let batch = 50

    /// The names of somebody's groups, each once, in the order in which they are found.
    func names(of person: Entry) async throws(ConnectorError) -> [String] {
        var names: [String] = []
        var known: Set<ExactText> = []
        for matcher in settings.matchers {
            var level = try await find(matcher, person.values(matcher.userAttribute))
            // Of each group the groups above are looked for once, so that groups in a circle come to an end.
            var expanded: Set<ExactText> = []
            while !level.isEmpty {
                var above: [[UInt8]] = []
                for group in level {
                    guard let name = group.text(settings.nameAttribute), !name.isEmpty else {
                        throw .unavailable(
                            "the group \(group.dn) has no \(settings.nameAttribute), which groupSearch.nameAttr names")
                    }
                    if known.insert(name.exact).inserted { names.append(name) }
                    if expanded.insert(group.dn.asciiLowercased.exact).inserted { above.append(Array(group.dn.utf8)) }
                }
                guard names.count <= settings.limit else {
                    throw .unavailable("\(person.dn) is in more than \(settings.limit) groups (maxGroups)")
                }
                guard let recursion = matcher.recursionAttribute else { break }
                level = try await find(recursion, above)
            }
        }
        return names
    }

    private func find(_ matcher: LDAPSettings.Matcher, _ values: [[UInt8]]) async throws(ConnectorError) -> [Entry] {
        try await find(matcher.groupAttribute + (matcher.inChain ? Filter.inChain : ""), values)
    }

    private func find(_ attribute: String, _ values: [[UInt8]]) async throws(ConnectorError) -> [Entry] {
        var found: [Entry] = []
        for start in stride(from: 0, to: values.count, by: Self.batch) {
            let part = values[start..<min(start + Self.batch, values.count)]
            let filter = Filter.both(settings.filter, Filter.any(part.map { Filter.equal(attribute, $0) }))
            let name = settings.nameAttribute.hasSameBytesFoldingASCII(as: "dn") ? [] : [settings.nameAttribute]
            let request = SearchRequest(
                base: settings.baseDN, scope: settings.scope, filter: filter, attributes: name,
                limit: settings.limit, pageSize: settings.pageSize)
            do { found += try await directory.search(request) } catch {
                // Where there are no groups at all nobody has any.
                if case .failed(let failure) = error, failure.kind == .noSuchObject { continue }
                throw ConnectorError(error)
            }
        }
        return found
    }
}
