# What Perl::Critic says of programs, which it reads without running anything.
#
# Arguments: the profile, then files. Standard output takes a JSON list; lines and columns count bytes from 1, and
# ends are exclusive. A character that no Perl program holds is a SyntaxError; a file that cannot be read ends everything
# with status 255.

use strict;
use warnings;
use JSON::PP;
use Perl::Critic;
use PPI::Document;

my ($profile, @files) = @ARGV;
my $critic = Perl::Critic->new(-profile => $profile, -severity => 1, -force => 1);
my @records = map { records($_) } @files;
print JSON::PP->new->ascii->encode(\@records), "\n";

sub records {
    my ($file) = @_;
    open my $handle, '<:raw', $file or die "$file: $!\n";
    my $text = do { local $/ = undef; <$handle> };
    close $handle or die "$file: $!\n";
    $text =~ tr/\x80-\xFF/x/;    # PPI knows no letters but those of ASCII; nothing moves
    return if $text !~ /\S/;
    my $program = PPI::Document->new(\$text) or return refused($file, $text, PPI::Document->errstr);
    $program->index_locations;
    return map { record($file, $program, $_) } $critic->critique($program);
}

sub refused {
    my ($file, $text, $why) = @_;
    my ($number) = $why =~ /unexpected character '(\d+)'/ or die "$file: $why\n";
    my $before = substr $text, 0, index $text, chr $number;
    my $column = 1 + length($before =~ s/.*\n//sr);
    return {
        file => $file,
        code => 'SyntaxError',
        message => "unrecognized character number $number",
        line => 1 + ($before =~ tr/\n//),
        column => $column,
        end_column => $column + 1,
    };
}

sub record {
    my ($file, $program, $found) = @_;
    my ($line, $column) = @{ $found->location };
    my $class = $found->element_class;
    my $element = $program->find_first(
        sub { ref $_[1] eq $class && $_[1]->line_number == $line && $_[1]->column_number == $column }
    );
    my ($first) = split /\R/, $element ? $element->content : q{}, 2;
    return {
        file => $file,
        code => $found->policy =~ s/^Perl::Critic::Policy:://r,
        message => $found->description,
        line => $line,
        column => $column,
        end_column => $column + length($first // q{}),
    };
}
