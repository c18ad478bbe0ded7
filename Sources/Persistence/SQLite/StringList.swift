import JOSE

/// Lists of strings are one column of JSON text: the rules always read and write them whole.
enum StringList {
    static func encode(_ list: [String]) -> String {
        // The commonest list, and worth no trip through the serializer.
        if list.isEmpty { return "[]" }
        return String(decoding: JSON.array(list.map(JSON.string)).serialized(), as: UTF8.self)
    }

    /// - Returns: nil unless `text` is a JSON array of strings.
    static func decode(_ text: String) -> [String]? {
        if text == "[]" { return [] }
        guard let elements = (try? JSON(parsing: Array(text.utf8)))?.array else { return nil }
        var list: [String] = []
        list.reserveCapacity(elements.count)
        for element in elements {
            guard let string = element.string else { return nil }
            list.append(string)
        }
        return list
    }
}
