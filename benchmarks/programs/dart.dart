import 'dart:math';

List<int> primesBelow(int limit) {
  final sieve = List<bool>.filled(limit, true);
  final found = <int>[];
  for (var n = 2; n < limit; n++) {
    if (!sieve[n]) continue;
    found.add(n);
    for (var m = n * n; m < limit; m += n) {
      sieve[m] = false;
    }
  }
  return found;
}

void main() {
  print(primesBelow(30).map((p) => p.toString()).join(', '));
  print('largest: ${primesBelow(30).reduce(max)}');
}
// ====
class Stack<T> {
  final List<T> _items = [];

  bool get isEmpty => _items.isEmpty;

  void push(T item) {
    _items.add(item);
  }

  T pop() {
    if (_items.isEmpty) {
      throw StateError('nothing to pop');
    }
    return _items.removeLast();
  }
}

bool balanced(String text) {
  final stack = Stack<String>();
  const pairs = {')': '(', ']': '[', '}': '{'};
  for (final sign in text.split('')) {
    if (pairs.containsValue(sign)) {
      stack.push(sign);
    } else if (pairs.containsKey(sign)) {
      if (stack.isEmpty || stack.pop() != pairs[sign]) return false;
    }
  }
  return stack.isEmpty;
}

void main() => print(balanced('a(b[c]{d})'));
// ====
abstract class Shape {
  final String name;
  const Shape(this.name);

  double area();

  @override
  String toString() => '$name of ${area().toStringAsFixed(2)}';
}

class Circle extends Shape {
  final double radius;
  Circle(this.radius) : super('circle');

  @override
  double area() => 3.14159 * radius * radius;
}

class Square extends Shape {
  double side;
  Square({required this.side}) : super('square');

  @override
  double area() {
    return side * side;
  }
}

void main() {
  final shapes = <Shape>[Circle(1.5), Square(side: 2)];
  shapes.sort((a, b) => a.area().compareTo(b.area()));
  shapes.forEach(print);
}
// ====
Map<String, int> wordCounts(String text) {
  final counts = <String, int>{};
  for (final word in text.toLowerCase().split(RegExp(r'\W+'))) {
    if (word.isEmpty) continue;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

String grade(int points) {
  switch (points ~/ 10) {
    case 10:
    case 9:
      return 'A';
    case 8:
      return 'B';
    default:
      return points < 0 ? 'none' : 'C';
  }
}

void main() {
  wordCounts('a b a').forEach((word, count) {
    print('$word: $count');
  });
  assert(grade(93) == 'A');
}
// ====
import 'dart:async';

Future<int> slowSquare(int n) async {
  await Future.delayed(Duration(milliseconds: 10));
  if (n < 0) {
    throw ArgumentError.value(n, 'n', 'negative');
  }
  return n * n;
}

Stream<int> countTo(int last) async* {
  var n = 0;
  while (n <= last) {
    yield n++;
  }
}

Future<void> main() async {
  try {
    var total = 0;
    await for (final n in countTo(4)) {
      total += await slowSquare(n);
    }
    print(total);
  } on ArgumentError catch (error) {
    print(error.message);
  } finally {
    print('done');
  }
}
