"""The guided tours of Learn: what they consist of, their texts, their figures, their pictures."""
