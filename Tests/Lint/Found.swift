// What Scripts/lint-characters must find. No target builds these files; `make lint` reads them.
//
// A line that ends in `found` is found by the types, `found by words` by the names too, `found by words alone` only by them.
import FoundationEssentials

enum Word: String {
    case plain
    case kelvin = "K8s"
}

struct Identity: Hashable {
    var subject: String
}

struct Session: Equatable {
    var identities: [Identity]
}

struct Place {
    var name: String
}

extension Place: Equatable {}

struct Cache<Key: Hashable> {
    var entries: [Key: Int] = [:]

    mutating func add(_ key: Key) { entries[key] = 1 }
}

enum Failure: Error, Equatable {
    case gone(String)
    case closed
}

struct Settings {
    var clients: [String: Int] = [:]  // found by words
    var groups: Set<String> = []  // found by words
    var sharp: Dictionary<Substring, Int> = [:]  // found by words
    var pairs: [(name: String, value: String)] = []
}

/// The same dictionary under another name.
typealias Names = [String: Int]  // found by words

func comparing(_ text: String, _ other: String, _ part: Substring, _ perhaps: String?, _ list: [String]) -> [Bool] {
    [
        text == other,  // found
        text != other,  // found
        text == part,  // found
        text < other,  // found
        perhaps == text,  // found
        perhaps != other,  // found
        list == [text],  // found
        list.contains(text),  // found
        list.firstIndex(of: text) == nil,  // found
        (text, 1) == (other, 1),  // found
        [text, "a"].contains(other),  // found
        ["GET", "K"].contains(text),  // found
        text == "K",  // found
        text == "a;b",  // found
        text == "`",  // found
        text == "é",  // found
        "Kelvin" == text,  // found
        perhaps == "K",  // found
        list.contains("a;b"),  // found
        text == "a\(other)",  // found
        list.sorted().isEmpty,  // found
        list.max() == nil,  // found
        list.elementsEqual([other]),  // found
        list.starts(with: [other]),  // found
        list.contains(where: { $0 == text }),  // found
        list.map(\.count).isEmpty,  // found
        list.allSatisfy(\.isEmpty),
        zip(list, list).allSatisfy(==),  // found
        list.split(separator: text).isEmpty,  // found
    ]
}

func keyed(_ text: String, _ list: [String], _ settings: inout Settings) {
    settings.clients[text] = 1  // found
    settings.groups.insert(text)  // found
    settings.groups.formUnion(list)  // found
    _ = settings.groups.contains(text)  // found
    _ = Set(list)  // found
    _ = Set(list.map { $0 }).count  // found
    _ = [text: 1]  // found
    _ = Dictionary(grouping: list) { $0 }  // found
    _ = Dictionary(uniqueKeysWithValues: list.map { ($0, 1) })  // found
    var hasher = Hasher()
    hasher.combine(text)  // found
    _ = text.hashValue  // found
}

func cutting(_ text: String, _ part: Substring) {
    _ = text.lowercased()  // found by words
    _ = part.uppercased()  // found by words
    _ = text.hasPrefix("Bearer ")  // found by words
    _ = part.hasSuffix("/")  // found by words
    _ = text.split(separator: ",")  // found
    _ = text.split { $0 == "," }  // found
    _ = text.contains("/")  // found
    _ = text.contains("//")  // found
    _ = text.contains(part)  // found
    _ = part.contains("//")  // found
    _ = "GET HEAD".contains(text)  // found
    _ = ["GET HEAD"].contains { $0.contains(text) }  // found
    _ = text.contains { $0 == "/" }  // found
    _ = text.firstIndex(of: ":")  // found
    _ = text.lastIndex(of: ":")  // found
    _ = text.first == "/"  // found
    _ = text.last  // found
    _ = text.count  // found
    _ = text.prefix(3)  // found
    _ = text.prefix { $0 != "/" }  // found
    _ = text.suffix(3)  // found
    _ = text.dropFirst()  // found
    _ = part.dropLast(2)  // found
    _ = text.drop { $0 == "/" }  // found
    _ = text.reversed()  // found
    _ = text.map { $0 }  // found
    _ = text.filter { $0 != "-" }  // found
    _ = text.index(after: text.startIndex)  // found
    _ = text.index(text.startIndex, offsetBy: 2)  // found
    _ = text[text.startIndex]  // found
    _ = text.firstRange(of: "//")  // found by words
    _ = text.ranges(of: "//")  // found by words
    _ = text.replacing("//", with: "/")  // found
    _ = text.contains(/a+/)  // found
    _ = text.wholeMatch(of: /a+/)  // found
    _ = text.starts(with: "a")  // found
    _ = text.elementsEqual(part)  // found
    _ = text.enumerated()  // found
    _ = Array(text)  // found
    _ = zip(text, part)  // found
    _ = text.allSatisfy(\.isLetter)  // found by words
    _ = text.trimmingPrefix("a")  // found
    for character in text { _ = character }  // found
    for (index, character) in text.enumerated() { _ = (index, character) }  // found
    let slash: Character = "/"  // found by words
    _ = text + String(slash)  // found
    var rest = part
    _ = rest.popFirst()  // found
    _ = rest.removeFirst()  // found
    var whole = text
    whole.removeLast()  // found
}

func switching(_ text: String, _ perhaps: String?, _ other: String) -> Int {
    switch text {
    case "plain": 1
    case "K": 2  // found
    case other: 3  // found
    default: 4
    }
}

func perhaps(_ perhaps: String?, _ other: String) -> Bool {
    if case other? = perhaps { return true }  // found
    switch (perhaps, other) {
    case ("a", "b"): return true
    case ("a", "k;"): return true  // found
    default: return false
    }
}

func generic(_ text: some StringProtocol, _ other: String) -> Bool {
    text == other  // found
        || text.count == 1  // found
        || text.first == nil  // found
        || text.hasPrefix("a")  // found by words
        || text.contains("x")  // found
        || text.contains("xy")  // found
        || text.split(separator: ",").isEmpty  // found
}

func same<Value: Equatable>(_ left: Value, _ right: Value) -> Bool { left == right }

func handedOn(_ text: String, _ other: String) -> Bool {
    var cache = Cache<String>()  // found
    cache.add(text)  // found
    return same(text, other)  // found
}

func synthesized(_ left: Identity, _ right: Identity, _ session: Session, _ failure: Failure, _ place: Place) -> [Bool] {
    [
        place == Place(name: "a"),  // found
        left == right,  // found
        [left].contains(right),  // found
        Set([left]).isEmpty,  // found
        session == Session(identities: []),  // found
        failure == .gone("now"),  // found
        Word(rawValue: left.subject) == nil,  // found
    ]
}

extension StringProtocol {
    var slashes: Int { count { $0 == "/" } }  // found
}

extension Sequence<String> {
    func has(_ text: String) -> Bool { contains(text) }  // found
}

#if os(Windows)
    func elsewhere(_ text: String) -> String { text.lowercased() }  // found by words alone
#endif

func marked(_ text: String) -> Int {
    // characters:
    let first = text.count  // found
    let second = text.count  // characters of a terminal // found
    return first + second
}
