// The part of the package CompareNetObjects that published tests use: whether two values are the same all the way down.
using System;
using System.Collections;
using System.Linq;
using System.Reflection;

namespace KellermanSoftware.CompareNetObjects
{
    public class ComparisonResult
    {
        public bool AreEqual { get; set; }
    }

    public class CompareLogic
    {
        public ComparisonResult Compare(object left, object right)
        {
            return new ComparisonResult { AreEqual = Same(left, right) };
        }

        private static bool Same(object left, object right)
        {
            if (left == null || right == null) return left == null && right == null;
            if (left.GetType() != right.GetType()) return false;
            if (left is string || left.GetType().IsPrimitive || left is IComparable) return left.Equals(right);
            if (left is IDictionary) return SameEntries((IDictionary)left, (IDictionary)right);
            if (left is IEnumerable) return SameItems((IEnumerable)left, (IEnumerable)right);
            return left.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanRead && property.GetIndexParameters().Length == 0)
                .All(property => Same(property.GetValue(left, null), property.GetValue(right, null)))
                && left.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance)
                .All(field => Same(field.GetValue(left), field.GetValue(right)));
        }

        private static bool SameEntries(IDictionary left, IDictionary right)
        {
            return left.Count == right.Count
                && left.Keys.Cast<object>().All(key => right.Contains(key) && Same(left[key], right[key]));
        }

        private static bool SameItems(IEnumerable left, IEnumerable right)
        {
            var mine = left.Cast<object>().ToList();
            var theirs = right.Cast<object>().ToList();
            return mine.Count == theirs.Count && mine.Zip(theirs, Same).All(same => same);
        }
    }
}
