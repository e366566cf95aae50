# PowerShell completion for imagekitfs: run this file from your $PROFILE. The program itself says what may follow; this asks it.
Register-ArgumentCompleter -Native -CommandName imagekitfs -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursorPosition } | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($wordToComplete -eq '') { $words += '""' }
    & imagekitfs complete '--' @words 2>$null | ForEach-Object {
        if ($_ -like ':*') {
            Get-ChildItem -Path "$wordToComplete*" -Directory:($_ -eq ':folders') -ErrorAction SilentlyContinue |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_.Name) }
        }
        else {
            $word, $meaning = $_ -split "`t", 2
            if ($word -like "$wordToComplete*") {
                $tip = if ($meaning) { $meaning } else { $word }
                [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $tip)
            }
        }
    }
}
