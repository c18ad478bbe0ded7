// What Scripts/lint-characters must not find. No target builds these files; `make lint` reads them.
import FoundationEssentials

/// As in Sources/Bytes, which these files cannot import.
struct Exact: Hashable, ExpressibleByStringLiteral {
    let text: String

    init(stringLiteral value: String) { text = value }

    static func == (left: Exact, right: Exact) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}

enum Method: String {
    case get = "GET"
    case post
}

struct Client: Hashable {
    var id: Exact
    var port: Int
}

enum Decision: Equatable {
    case allowed
    case refused(String)
}

func comparing(_ text: String, _ perhaps: String?, _ list: [String], _ clients: Set<Exact>, _ client: Client) -> [Bool] {
    [
        text == "GET",
        "GET" != text,
        perhaps == "GET",
        perhaps == nil,
        ["GET", "HEAD"].contains(text),
        list.contains("openid"),
        list.firstIndex(of: "openid") == nil,
        list == ["none"],
        list == [],
        text == (list.isEmpty ? "a" : "b"),
        clients.contains("K"),
        client == Client(id: "K", port: 1),
        Method(rawValue: text) == .get,
        Set([client]).isEmpty,
        text.isEmpty,
        text.utf8.count == 3,
        text.utf8.first == UInt8(ascii: "/"),
        text.unicodeScalars.contains("/"),
        text.utf8.elementsEqual("K".utf8),
        text.utf8.split(separator: UInt8(ascii: ",")).isEmpty,
        text.startIndex < text.endIndex,
        Decision.refused(text) == .allowed,
    ]
}

func cutting(_ text: String, _ list: [String]) -> String {
    var made = text + "," + list.joined(separator: ",")
    made += "a"
    made.append(contentsOf: text[...])
    if let index = text.utf8.firstIndex(of: UInt8(ascii: ":")) { made += text[..<index] }
    for byte in text.utf8 { made += String(byte) }
    for scalar in text.unicodeScalars where scalar != "/" { made.unicodeScalars.append(scalar) }
    _ = Int(text)
    _ = Array(text.utf8)
    _ = list.count + list.dropFirst().count
    _ = "hasPrefix( and Character in a text, \(list.count) and \(text) of Set<String>"
    return made  // hasPrefix( and Character in a comment
}

func switching(_ text: String, _ perhaps: String?) -> Int {
    switch text {
    case "plain": 1
    case "none", "other": 2
    default: perhaps == "a" ? 3 : 4
    }
}

func named(_ logger: ([String: Int]) -> Void) {  // characters: of a library, which keys by strings
    logger(["plain": 1])
}

func width(_ text: String) -> Int {
    // characters: columns of a terminal
    text.count
}

func initial(_ name: String) -> String {
    String(name.prefix(1))  // characters: what people see
}
